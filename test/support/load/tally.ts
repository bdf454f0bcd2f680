/** What one connection, or the HTTP requests to one target, have come to so far. */
export interface Tally {
  requests: number;
  failed: number;
  opened: number;
  lost: number;
  outOfOrder: number;
  countersBroken: number;
  valuesLost: number;
  longestGapMs: number;
  /** As they followed each other: a version that comes back stands here twice. */
  readonly versions: string[];
  readonly latencies: number[];
  readonly failures: Map<string, number>;
}

export function newTally(): Tally {
  return {
    requests: 0,
    failed: 0,
    opened: 0,
    lost: 0,
    outOfOrder: 0,
    countersBroken: 0,
    valuesLost: 0,
    longestGapMs: 0,
    versions: [],
    latencies: [],
    failures: new Map(),
  };
}

export function countFailure(tally: Tally, failure: string): void {
  tally.requests += 1;
  tally.failed += 1;
  tally.failures.set(failure, (tally.failures.get(failure) ?? 0) + 1);
}

export function countAnswer(tally: Tally, latencyMs: number): void {
  tally.requests += 1;
  tally.latencies.push(latencyMs);
}

export function countVersion(tally: Tally, version: string): void {
  if (tally.versions.at(-1) !== version) tally.versions.push(version);
}
