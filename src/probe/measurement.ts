import { type Downtime, outageMs } from './downtime.js';
import { type LatencyByPeriod, windowOf } from './latency.js';
import { pausedMs } from './pause.js';
import type { Sample } from './sample.js';
import { type Silence, silences } from './silence.js';
import type { Window } from './window.js';

export interface Measurement {
  readonly downtime: Downtime;
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
  const gaps = silences(samples, intervalMs);

  return {
    downtime: {
      ms: rounded(outageMs(samples)),
      longestGapMs: rounded(longest(gaps.map(({ ms }) => ms))),
      requests: samples.length,
      failed,
    },
    latency: {
      before: periodOf(samples, gaps, ({ start }) => start < from),
      during: periodOf(samples, gaps, ({ start }) => start >= from && start < to),
      after: periodOf(samples, gaps, ({ start }) => start >= from && start >= to),
    },
    proberLagMs: rounded(longest(samples.map(({ due, start }) => start - due))),
  };
}

function periodOf(samples: readonly Sample[], gaps: readonly Silence[], within: (sample: Sample) => boolean): Window {
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
