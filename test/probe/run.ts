import fc from 'fast-check';
import type { Sample } from '../../src/probe/sample.js';

/** Answered after so many milliseconds. */
export const ok = (start: number, ms = 1): Sample => ({ due: start, start, end: start + ms });

/** Failed after so many milliseconds. */
export const bad = (start: number, ms = 1, failure = 'ECONNREFUSED'): Sample => ({ ...ok(start, ms), failure });

/** Answered, and sent later than it was due. */
export const late = (due: number, start: number, ms = 1): Sample => ({ due, start, end: start + ms });

/** Any mixture of overlapping requests, in whole milliseconds, none of them late. */
export const anyRun: fc.Arbitrary<readonly Sample[]> = fc.array(
  fc
    .record({ start: fc.nat(400), ms: fc.nat(120), fails: fc.boolean() })
    .map(({ start, ms, fails }) => (fails ? bad(start, ms) : ok(start, ms))),
  { maxLength: 40 },
);

export interface Service {
  readonly latencyMs: number;
  /** Requests are refused that arrive in one of these. */
  readonly down: readonly (readonly [from: number, to: number])[];
  /** The prober looks away in these. */
  readonly pauses: readonly (readonly [from: number, to: number])[];
}

/** The samples that an ideal prober takes of a service, but for the pauses it is made to take. */
export function observe({ latencyMs, down, pauses }: Service, intervalMs: number, lastsMs: number): readonly Sample[] {
  const awake = (at: number) => pauses.find(([from, to]) => at >= from && at < to)?.[1] ?? at;
  const samples: Sample[] = [];
  for (let due = 0; due < lastsMs; ) {
    const start = awake(due);
    const fails = down.some(([from, to]) => start >= from && start < to);
    const end = awake(start + (fails ? 0 : latencyMs));
    samples.push(fails ? { due, start, end, failure: 'ECONNREFUSED' } : { due, start, end });
    due += intervalMs * (Math.floor((start - due) / intervalMs) + 1);
  }
  return samples;
}
