import type { Sample } from './sample.js';

/** Measured from outside over the whole window. */
export interface Downtime {
  /** Sum of the times from each first failed request to the next answered one. */
  readonly ms: number;
  /** Longest time without an answer: between two answered requests that follow each other, or at the beginning or end. */
  readonly longestGapMs: number;
  readonly requests: number;
  readonly failed: number;
}

/** From the start of a failed request to the answer of one that was sent after it. */
interface Outage {
  readonly from: number;
  readonly to: number;
}

/**
 * The time covered by outages. Requests overlap, so the next answered one is the first to be answered of those that were
 * sent later. Without any, the outage lasts as long as the measurement.
 */
export function outageMs(samples: readonly Sample[]): number {
  let ms = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const { from, to } of outagesOf(samples)) {
    ms += Math.max(0, to - Math.max(from, covered));
    covered = Math.max(covered, to);
  }
  return ms;
}

/** One for each failed request, in order of their start. */
function outagesOf(samples: readonly Sample[]): readonly Outage[] {
  const measured = samples.reduce((latest, { end }) => Math.max(latest, end), Number.NEGATIVE_INFINITY);
  const newestFirst = [...samples].sort((a, b) => b.start - a.start);
  const outages: Outage[] = [];
  let answeredAt = measured;
  let waiting: Sample[] = [];
  for (const sample of newestFirst) {
    // What was sent in the same instant was not sent later.
    if (waiting[0] !== undefined && waiting[0].start > sample.start) {
      answeredAt = waiting.reduce((first, { end }) => Math.min(first, end), answeredAt);
      waiting = [];
    }
    if (sample.failure === undefined) waiting.push(sample);
    else outages.push({ from: sample.start, to: answeredAt });
  }
  return outages.reverse();
}
