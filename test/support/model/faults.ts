import { EngineError } from '../../../src/engines/call.js';
import type { Engine, ExecCommand } from '../../../src/engines/engine.js';
import type { Clock } from '../../../src/system/log.js';

/** No two after one another are alike, or those that work at the same time would go in step. */
const latencies = [2, 29, 5, 11, 3, 53, 17, 7];

/** An engine whose every answer takes its time, so that something else may happen between any two. */
export function unhurried(engine: Engine, clock: Clock): Engine {
  let calls = 0;
  const wrapped = Object.entries(engine).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const;
    const late = async (...words: unknown[]) => {
      calls += 1;
      await clock.sleep(latencies[calls % latencies.length] ?? 0);
      return await value.apply(engine, words);
    };
    return [name, late] as const;
  });
  return Object.fromEntries(wrapped) as unknown as Engine;
}

/** What may happen to a run at one of its calls. */
export const faults = [
  'the call is lost',
  'the answer is lost',
  'killed before the call',
  'killed after the call',
  /** The engine carries out what it was asked, and nobody is there any more. */
  'killed amid the call',
] as const;
export type Fault = (typeof faults)[number];

export const isKill = (fault: Fault): boolean => fault.startsWith('killed');

/** The engine and the clock of one run, which is struck at its nth call. */
export interface Struck {
  readonly engine: Engine;
  readonly clock: Clock;
  /** The calls that it made, in their order. */
  readonly calls: readonly string[];
  /** Whether it came to the call. */
  reached(): boolean;
}

const changing: ReadonlySet<string> = new Set<keyof Engine>([
  ...(['createContainer', 'startContainer', 'stopContainer', 'renameContainer', 'removeContainer'] as const),
  ...(['updateRestartPolicy', 'connectNetwork', 'disconnectNetwork', 'putArchive', 'tagImage', 'untagImage'] as const),
]);

/** What of the agent changes a VM, or what lies in its container. */
const asked: ReadonlySet<string> = new Set([
  ...['install', 'make_permanent', 'unstage', 'prune', 'resume', 'unload_old'].map((name) => `exec ${name}`),
]);

export const isChanging = (call: string): boolean => changing.has(call) || asked.has(call);

/** A command in a container is called after the function of the agent that it asks. */
export function callName(method: string, words: readonly unknown[]): string {
  const { stdin } = (method === 'exec' ? words[1] : {}) as Partial<ExecCommand>;
  return typeof stdin === 'string' ? withFunction(method, stdin) : method;
}

export function withFunction(method: string, source: string): string {
  const at = source.lastIndexOf('hot_deploy_agent:main(');
  const name = at < 0 ? undefined : /^[^(]+\('\w+','(\w+)'/.exec(source.slice(at, at + 200))?.[1];
  return name === undefined ? method : `${method} ${name}`;
}

class Killed extends Error {}

/** One for all, since to make an error takes long. */
const killed = new Killed('killed');

/**
 * Of a run that was killed no call has any effect any more, and for the world no time passes with what it still does: all that
 * is left of it is what it has done.
 */
export function strike(engine: Engine, clock: Clock, nth: number, fault: Fault): Struck {
  const calls: string[] = [];
  let killedAt: number | undefined;
  let ownMs = 0;
  let hangUp = () => {};
  const hungUp = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const kill = (): never => {
    killedAt ??= clock.now();
    hangUp();
    throw killed;
  };
  const lost = (name: string): never => {
    throw new EngineError(`The engine did not answer: ${fault}: ${name}.`, { cause: undefined });
  };
  const made = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    if (killedAt !== undefined) throw killed;
    calls.push(name);
    if (calls.length !== nth) {
      const answer = await call();
      if (killedAt !== undefined) throw killed;
      return answer;
    }
    switch (fault) {
      case 'the call is lost':
        return lost(name);
      case 'the answer is lost':
        await call().catch(() => undefined);
        return lost(name);
      case 'killed before the call':
        return kill();
      case 'killed after the call':
        await call().catch(() => undefined);
        return kill();
      case 'killed amid the call':
        call().catch(() => undefined);
        return kill();
    }
  };
  /** A command that waits for its input: to begin it is one call, and to give it its input another. */
  const waiting = async (id: string, { stdin, ...command }: ExecCommand): Promise<unknown> => {
    let ended: Promise<unknown> = Promise.resolve();
    let give: (input: string) => void = () => undefined;
    const given = new Promise<string>((resolve) => {
      give = resolve;
    });
    // Whoever was killed is no longer connected, and what it has begun reads the end of its input.
    void hungUp.then(() => give(''));
    await made('exec', async () => {
      ended = engine.exec(id, { ...command, stdin: given });
      ended.catch(() => undefined);
    });
    const input = String(await stdin);
    const answer = async () => {
      give(input);
      return await ended;
    };
    return await made(withFunction('exec', input), answer).finally(() => give(''));
  };
  const wrapped = Object.entries(engine).map(([method, value]) => {
    if (typeof value !== 'function') return [method, value] as const;
    const call = (...words: unknown[]) =>
      method === 'exec' && (words[1] as ExecCommand).stdin instanceof Promise
        ? waiting(String(words[0]), words[1] as ExecCommand)
        : made(callName(method, words), () => value.apply(engine, words));
    return [method, call] as const;
  });
  return {
    engine: Object.fromEntries(wrapped) as unknown as Engine,
    clock: {
      now: () => (killedAt ?? clock.now()) + ownMs,
      date: () => clock.date() + ownMs,
      sleep: async (ms, signal) => {
        if (killedAt === undefined) return await clock.sleep(ms, signal);
        ownMs += ms;
        await new Promise((settled) => setImmediate(settled));
      },
    },
    calls,
    reached: () => calls.length >= nth,
  };
}
