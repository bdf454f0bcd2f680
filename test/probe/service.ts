import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** `refuse` closes the listener; `hold` answers late, when it is over; `hang` never answers; `cut` dies amid the body. */
export type HttpBehaviour = 'answer' | 'redirect' | 'error' | 'reset' | 'cut' | 'hold' | 'hang' | 'refuse';
export type TcpBehaviour = 'answer' | 'greet' | 'close' | 'reset' | 'refuse';

/** When it lasted, in the milliseconds of this process's own `performance.now`. */
export interface Spell {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

export interface Service<Behaviour> {
  readonly port: number;
  /** Behaves so for a time, and then answers again. */
  behave(behaviour: Behaviour, forMs: number): Promise<Spell>;
  count(): Promise<{ readonly connections: number; readonly mostAtOnce: number }>;
  stop(): Promise<void>;
}

export async function startService(kind: 'http'): Promise<Service<HttpBehaviour>>;
export async function startService(kind: 'tcp'): Promise<Service<TcpBehaviour>>;
export async function startService(kind: 'http' | 'tcp'): Promise<Service<HttpBehaviour | TcpBehaviour>> {
  const worker = new Worker(new URL('./service.mjs', import.meta.url), { workerData: { kind } });
  const ask = async (message: unknown) => {
    worker.postMessage(message);
    const [reply] = await once(worker, 'message');
    return reply;
  };
  const [port] = await once(worker, 'message');
  return {
    port,
    async behave(behaviour, forMs) {
      const { from, to } = await ask({ behaviour, forMs });
      return { from: from - performance.timeOrigin, to: to - performance.timeOrigin, ms: to - from };
    },
    count: () => ask('count'),
    stop: async () => {
      await worker.terminate();
    },
  };
}
