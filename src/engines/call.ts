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

export interface Bounds {
  /** Milliseconds; the default is long enough for a busy machine and too short for anyone to wonder. */
  readonly timeoutMs?: number;
  /** The error for a time-out, where the usual one says too little. */
  readonly timedOut?: (cause: unknown) => Error;
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
      // Not every request of dockerode's takes a signal, so the bound does not rest on that.
      return await Promise.race([run(abortSignal), aborted(abortSignal)]);
    } catch (cause) {
      if (!abortSignal.aborted) throw failure(address, what, cause);
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

/** The HTTP status of an error that docker-modem or this file made. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof EngineError) return error.status;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** Undefined where what was asked about is not there, or not any more. */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    return undefined;
  }
}

/** The Engine's own words, without docker-modem's "(HTTP code 404) no such container - " before them. */
export function reasonOf(cause: unknown): string {
  const words = cause instanceof Error ? cause.message || cause.name : String(cause);
  return words
    .replace(/^\(HTTP code \d+\) .*? - /, '')
    .trim()
    .replace(/\.$/, '');
}
