/** Latencies in milliseconds over one period; zeroes where nothing was measured. */
export interface Window {
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
