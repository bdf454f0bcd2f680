/** The longest time without an answer, one that has not ended included. */
export interface Gap {
  answer(at: number): void;
  longestMs(now: number): number;
}

export function gapSince(start: number): Gap {
  let last = start;
  let longest = 0;
  return {
    answer(at) {
      longest = Math.max(longest, at - last);
      last = Math.max(last, at);
    },
    longestMs: (now) => Math.max(longest, now - last),
  };
}
