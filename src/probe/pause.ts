import type { Sample } from './sample.js';

/** A time in which the prober did not look: its event loop was busy, or the machine gave it no turn. */
export interface Pause {
  readonly from: number;
  readonly to: number;
}

/** In order. A request that left less than an interval late took its own turn, and is no pause. */
export function pausesOf(samples: readonly Sample[], intervalMs: number): readonly Pause[] {
  return samples
    .filter(({ due, start }) => start - due >= intervalMs)
    .map(({ due, start }) => ({ from: due, to: start }))
    .sort((a, b) => a.from - b.from);
}

/** As much of a time as the pause covers. */
export function overlapMs(pause: Pause, from: number, to: number): number {
  return Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from));
}

/** As much of a time as the pauses cover, which are in order and do not overlap. Of thousands only a few are looked at. */
export function pausedMs(pauses: readonly Pause[], from: number, to: number): number {
  let low = 0;
  for (let high = pauses.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((pauses[middle]?.to ?? to) <= from) low = middle + 1;
    else high = middle;
  }
  let ms = 0;
  for (let pause = pauses[low]; pause !== undefined && pause.from < to; pause = pauses[++low]) {
    ms += overlapMs(pause, from, to);
  }
  return ms;
}
