/** Chance that comes out the same for the same seed (mulberry32). */
export interface Chance {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  of<T>(all: readonly T[]): T;
  /** So many of them, in the order in which they stood. */
  some<T>(all: readonly T[], count: number): readonly T[];
}

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    of: (all) => {
      if (all.length === 0) throw new Error('there is nothing to choose from');
      return all[below(all.length)] as (typeof all)[number];
    },
    some: (all, count) => {
      const left = all.map((_, at) => at);
      while (left.length > count) left.splice(below(left.length), 1);
      return left.map((at) => all[at] as (typeof all)[number]);
    },
  };
}
