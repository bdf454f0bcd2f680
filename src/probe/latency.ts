import type { Window } from './window.js';

export interface LatencyByPeriod {
  readonly before: Window;
  readonly during: Window;
  readonly after: Window;
}

/** The smallest of `sorted` that at least this share of them does not exceed; zero where there are none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** @param latencies of the answered requests: a refusal comes faster than any answer and would flatter them */
export function windowOf(latencies: readonly number[], failed: number): Window {
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    requests: latencies.length + failed,
    failed,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? 0,
  };
}
