import { type Downtime, outageMs } from './downtime.js';
import { type Gap, gaps } from './gaps.js';
import { type LatencyByPeriod, windowOf } from './latency.js';
import { pausedMs } from './pause.js';
import type { Sample } from './sample.js';
import type { Window } from './window.js';

export interface Measurement {
  readonly downtime: Downtime;
  /** By kind, in the order in which they began. */
  readonly failures: readonly Failures[];
  readonly latency: LatencyByPeriod;
  /** Longest time the prober itself was held up. An outage shorter than this may have gone unseen. */
  readonly proberLagMs: number;
}

/** When the service was being changed, in the clock's milliseconds; infinite where it was not, or has not ended. */
export interface Switch {
  readonly from: number;
  readonly to: number;
}

/** What the samples say, in milliseconds. Requests belong to the period in which they were sent. */
export function measurement(samples: readonly Sample[], { from, to }: Switch, intervalMs: number): Measurement {
  const failed = samples.filter(({ failure }) => failure !== undefined).length;
  const found = gaps(samples, intervalMs);

  return {
    downtime: {
      ms: rounded(outageMs(samples)),
      longestGapMs: rounded(longest([...found.map(({ ms }) => ms), ...openGapsMs(samples)])),
      requests: samples.length,
      failed,
    },
    failures: failuresOf(samples),
    latency: {
      before: periodOf(samples, found, ({ start }) => start < from),
      during: periodOf(samples, found, ({ start }) => start >= from && start < to),
      after: periodOf(samples, found, ({ start }) => start >= from && start >= to),
    },
    proberLagMs: rounded(longest(samples.map(({ due, start }) => start - due))),
  };
}

/** Requests that failed in the same way; from the first to the last of them, in the clock's milliseconds. */
export interface Failures {
  readonly what: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

function failuresOf(samples: readonly Sample[]): readonly Failures[] {
  const kinds = new Map<string, Failures>();
  for (const { start, failure } of samples) {
    if (failure === undefined) continue;
    const { count, first, last } = kinds.get(failure) ?? { count: 0, first: start, last: start };
    const more = { count: count + 1, first: Math.min(first, start), last: Math.max(last, start) };
    kinds.set(failure, { what: failure, ...more });
  }
  return [...kinds.values()].sort((one, other) => one.first - other.first);
}

/** Without an answer at one end: before the first, if requests had failed by then, and from the last to the end of all. */
function openGapsMs(samples: readonly Sample[]): readonly number[] {
  const answers = samples.flatMap(({ end, failure }) => (failure === undefined ? [end] : []));
  const failed = samples.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return [];
  const [begin, end] = [
    failed.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY),
    latest(samples.map((each) => each.end)),
  ];
  const firstAnswer = answers.reduce((first, at) => Math.min(first, at), end);
  const lastAnswer = answers.length === 0 ? begin : latest(answers);
  return [Math.max(0, firstAnswer - begin), Math.max(0, end - lastAnswer)];
}

const latest = (times: readonly number[]) => times.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);

function periodOf(samples: readonly Sample[], gaps: readonly Gap[], within: (sample: Sample) => boolean): Window {
  // One pause may stand between two pairs of answers.
  const pauses = [...new Set(gaps.flatMap(({ excused }) => excused ?? []))];
  const sent = samples.filter(within);
  const answered = sent.filter(({ failure }) => failure === undefined);
  const latencies = answered.map(({ start, end }) => rounded(end - start - pausedMs(pauses, start, end)));
  return windowOf(latencies, sent.length - answered.length);
}

function longest(times: readonly number[]): number {
  return times.reduce((most, ms) => Math.max(most, ms), 0);
}

/** To hundredths: the clock is not more exact. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
