import { setTimeout as pause } from 'node:timers/promises';

/** Where progress goes: the terminal, or the runner's log. Comes in as an argument everywhere. */
export interface Log {
  /** One line a person reads while waiting. */
  info(line: string): void;
  /** A line of another program: read by whoever reads the log, and quoted nowhere else, since nobody knows what is in it. */
  output(line: string): void;
  /** Something the reader should act on although the deploy goes on. */
  warning(line: string): void;
  /** Detail that is shown only when asked for. */
  debug(line: string): void;
  /** Runs `work` under a foldable heading that ends with its duration. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** Milliseconds, monotonic: differences are durations, the value itself means nothing. */
export interface Clock {
  now(): number;
  /** Wall-clock time in milliseconds since 1970, for timestamps in reports. */
  date(): number;
  /** Ends early, and as if the time were over, where the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  sleep: (ms, signal) => pause(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined),
};
