/** One request, in the clock's milliseconds. */
export interface Sample {
  /** When the schedule wanted it sent. */
  readonly due: number;
  /** When it was sent. Later than `due` when the prober itself was held up. */
  readonly start: number;
  /** When it was answered, or when it was known to have failed. */
  readonly end: number;
  /** A few words, only where it failed: `ECONNREFUSED`, `timeout`, `status 500`. */
  readonly failure?: string;
}
