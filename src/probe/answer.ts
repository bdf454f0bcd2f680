/** What came of one request. `at` is when the answer came, where that could be told only later. */
export type Answer =
  | { readonly answered: true; readonly at?: number }
  /** A few words: `ECONNREFUSED`, `status 500`, `exit code 1`. */
  | { readonly answered: false; readonly failure: string };

/**
 * Sends one request and reports what came of it; only the first report counts. The function it returns gives the
 * request up and frees what it holds.
 */
export type Ask = (report: (answer: Answer) => void) => () => void;

/** Node wraps the errors of several addresses (`::1`, then `127.0.0.1`) in one without a message of its own. */
export function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
