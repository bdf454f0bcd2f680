import type { RunContext } from '../deployment/run-context.js';
import { Refusal } from '../reasons/refusal.js';

/** Steps of a story before anything has changed: under a heading each, and a cancelled run just ends. */
export function steps({ log, signal }: RunContext): <T>(title: string, work: () => Promise<T>) => Promise<T> {
  return (title, work) => log.group(title, () => unlessCancelled(signal, work));
}

async function unlessCancelled<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let stop: () => void = () => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    stop = () => reject(new Refusal('The run was cancelled before anything had changed.'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), cancelled]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
