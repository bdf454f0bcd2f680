/** The longest time without an answer; one that has not ended counts too. */
export interface Gap {
  begin(at: number): void;
  answer(at: number): void;
  longestMs(now: number): number;
}

export function watchGap(): Gap {
  let last = Number.POSITIVE_INFINITY;
  let longest = 0;
  return {
    begin(at) {
      last = at;
      longest = 0;
    },
    answer(at) {
      longest = Math.max(longest, at - last);
      last = at;
    },
    longestMs: (now) => Math.max(longest, now - last),
  };
}
