import { LongAnswer } from './bounded.js';

/** An engine did not do what it was asked. The message is one sentence that names the engine and what was tried. */
export class EngineError extends Error {
  override readonly name: string = 'EngineError';
  /** The Engine API's HTTP status; undefined where no answer came. */
  readonly status: number | undefined;

  constructor(message: string, options: { cause: unknown; status?: number | undefined }) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** What a container holds or answers cannot be taken: it is too much, comes too late, or is not what it has to be. */
export class Unreadable extends EngineError {
  override readonly name: string = 'Unreadable';
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

export interface Bounds {
  /** Milliseconds; the default is long enough for a busy machine and too short for anyone to wonder. */
  readonly timeoutMs?: number;
  /** The error for a time-out, where the usual one says too little. */
  readonly timedOut?: (cause: unknown) => Error;
  /** Whether a container decides how long it takes, and nothing changes by it. */
  readonly reads?: true;
}

/** Runs one request. `what` completes "could not ...". */
export type Call = <T>(what: string, run: (abortSignal: AbortSignal) => Promise<T>, bounds?: Bounds) => Promise<T>;

const defaultTimeoutMs = 30_000;
/** Node's timers wrap beyond this. */
const longestTimeoutMs = 2 ** 31 - 1;

export function caller(address: string): Call {
  return async (what, run, bounds = {}) => {
    const timeoutMs = Math.min(bounds.timeoutMs ?? defaultTimeoutMs, longestTimeoutMs);
    const abortSignal = AbortSignal.timeout(timeoutMs);
    try {
      return await Promise.race([run(abortSignal), aborted(abortSignal)]);
    } catch (cause) {
      if (!abortSignal.aborted) throw failure(address, what, cause);
      if (bounds.reads) throw new Unreadable(`Could not ${what} within ${timeoutMs / 1_000} s.`, cause);
      throw bounds.timedOut?.(cause) ?? timeout(address, what, timeoutMs, cause);
    }
  };
}

function aborted(abortSignal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    abortSignal.addEventListener('abort', () => reject(abortSignal.reason), { once: true });
  });
}

function failure(address: string, what: string, cause: unknown): Error {
  if (cause instanceof EngineError) return cause;
  if (cause instanceof LongAnswer) return new Unreadable(`Could not ${what}: ${cause.message}.`, cause);
  const status = statusOf(cause);
  const message = `The engine at ${address} could not ${what}: ${reasonOf(cause)}${status === undefined ? '' : ` (status ${status})`}.`;
  return new EngineError(message, { cause, status });
}

function timeout(address: string, what: string, timeoutMs: number, cause: unknown): Error {
  return new EngineError(
    `The engine at ${address} did not ${what} within ${timeoutMs / 1000} s, and may still do so: look at its log, and at what is true now, before going on.`,
    { cause },
  );
}

/** The HTTP status with which the engine refused. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof EngineError) return error.status;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** Undefined where what was asked about is not there, or not any more. */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  return await asked.catch(unless(404));
}

/** Undefined where a container answers, or has, what cannot be taken. */
export function ifReadable(error: unknown): undefined {
  if (!(error instanceof Unreadable)) throw error;
}

/** The status with which the Engine says that there is nothing to do, or nothing to tell. */
export function unless(status: number): (error: unknown) => undefined {
  return (error) => {
    if (statusOf(error) !== status) throw error;
    return undefined;
  };
}

/** The Engine's own words. */
export function reasonOf(cause: unknown): string {
  const words = cause instanceof Error ? cause.message || cause.name : String(cause);
  return words.trim().replace(/\.$/, '');
}
