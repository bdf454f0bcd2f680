import { percentile } from './latency.js';
import { overlapMs, type Pause, pausesOf } from './pause.js';
import type { Sample } from './sample.js';

/** The time between two answers that follow each other. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** As much of it as is the service's. */
  readonly ms: number;
  /** The rest, which is the prober's own. */
  readonly excused?: Pause;
}

/** A silence as it appeared, with the longest pause of the prober in it. */
interface Seen {
  readonly from: number;
  readonly to: number;
  readonly pause?: Pause;
}

/**
 * In order. A pause of the prober is taken off a silence only where the service answered as usual right before and
 * right after it, and nothing failed. Otherwise the service was silent already or still, and the silence counts in full.
 * Of several pauses in one silence the longest is taken off: between them the prober looked, and saw no answer.
 */
export function gaps(samples: readonly Sample[], intervalMs: number): readonly Gap[] {
  const failed = samples.filter(({ failure }) => failure !== undefined);
  const seen = seenSilences(samples, intervalMs);
  const undisturbed = seen.filter(({ pause }) => pause === undefined).map(({ from, to }) => to - from);
  undisturbed.sort((a, b) => a - b);
  // A request that was about to leave when the pause began adds an interval; twice that is nothing out of the ordinary.
  const usualMs = 2 * (intervalMs + percentile(undisturbed, 0.95));

  return seen.map(({ from, to, pause }) => {
    const ms = to - from;
    if (pause === undefined) return { from, to, ms };
    const rest = ms - overlapMs(pause, from, to);
    const excusable = rest <= usualMs && !failed.some(({ start, end }) => start < to && end > from);
    return excusable ? { from, to, ms: rest, excused: pause } : { from, to, ms };
  });
}

function seenSilences(samples: readonly Sample[], intervalMs: number): readonly Seen[] {
  const answers = samples.filter(({ failure }) => failure === undefined).map(({ end }) => end);
  answers.sort((a, b) => a - b);
  const ahead = pausesOf(samples, intervalMs).toReversed();
  return answers.slice(1).map((to, index) => {
    const from = answers[index] ?? to;
    const pause = longestWithin(ahead, from, to);
    return pause === undefined ? { from, to } : { from, to, pause };
  });
}

/** Takes from the end of `ahead`, where the earliest is, as the silences are walked through in order. */
function longestWithin(ahead: Pause[], from: number, to: number): Pause | undefined {
  let longest: Pause | undefined;
  for (let next = ahead.at(-1); next !== undefined && next.from < to; next = ahead.at(-1)) {
    const ms = overlapMs(next, from, to);
    if (ms > 0 && (longest === undefined || ms > overlapMs(longest, from, to))) longest = next;
    // One that reaches beyond this silence belongs to the next one too.
    if (next.to > to) break;
    ahead.pop();
  }
  return longest;
}
