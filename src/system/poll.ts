import type { Clock } from './log.js';

interface Patience {
  /** The rest between two looks, in milliseconds. */
  readonly everyMs: number;
  /** For how long there is another look, in milliseconds. */
  readonly withinMs: number;
  /** Ends a rest early. What it means is the look's own affair. */
  readonly signal?: AbortSignal;
}

/** Looks again and again until there is something to say. Undefined if there is nothing by then: there is one look at least. */
export async function poll<T>(
  clock: Pick<Clock, 'now' | 'sleep'>,
  { everyMs, withinMs, signal }: Patience,
  look: (isLast: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  const until = clock.now() + withinMs;
  for (;;) {
    const isLast = clock.now() >= until;
    const found = await look(isLast);
    if (found !== undefined || isLast) return found;
    await clock.sleep(Math.max(0, Math.min(everyMs, until - clock.now())), signal);
  }
}

/** The same for as long as it takes: the look says itself when it is enough. */
export async function pollOn<T>(
  clock: Pick<Clock, 'now' | 'sleep'>,
  everyMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const found = await poll(clock, { everyMs, withinMs: Number.POSITIVE_INFINITY }, look);
  if (found === undefined) throw new Error('A look without an end has ended.');
  return found;
}
