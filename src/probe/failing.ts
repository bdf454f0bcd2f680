import type { Sample } from './sample.js';

/** Since when nothing has been answered: an outage for whoever watches while samples come in. */
export interface Failing {
  add(sample: Sample): void;
  /** Start of the first failed request after which no request was answered. */
  since(): number | undefined;
}

export function watchFailing(): Failing {
  let newestAnswered = Number.NEGATIVE_INFINITY;
  let since: number | undefined;
  let failed: number[] = [];
  const first = () => failed.reduce<number | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
  return {
    add({ start, failure }) {
      if (failure === undefined && start > newestAnswered) {
        newestAnswered = start;
        failed = failed.filter((earlier) => earlier >= start);
        since = first();
      }
      // Requests overlap: a time-out that is known only after a later request was answered proves nothing any more.
      if (failure !== undefined && start >= newestAnswered) {
        failed.push(start);
        since = Math.min(start, since ?? start);
      }
    },
    since: () => since,
  };
}
