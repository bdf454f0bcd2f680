import { mostHistory, type Past } from '../report/comment.js';

/** What several comments tell of runs, or one at several times: each run once, the latest first, no more than one holds. */
export function together(...tellings: readonly (readonly Past[])[]): readonly Past[] {
  const byRun = new Map(tellings.flat().map((past) => [keyOf(past), past]));
  return [...byRun]
    .sort(([key, a], [otherKey, b]) => descending(a.at, b.at) || descending(key, otherKey))
    .map(([, past]) => past)
    .slice(0, mostHistory);
}

/** Those of other runs. */
export const without = (run: Past, tellings: readonly Past[]): readonly Past[] =>
  tellings.filter((past) => keyOf(past) !== keyOf(run));

export const tells = (telling: readonly Past[], run: Past): boolean =>
  telling.some((past) => keyOf(past) === keyOf(run));

/** Several may be of one run of Actions, and two may begin at the same moment. */
const keyOf = ({ at, outcome, said, runUrl }: Past): string => JSON.stringify([at, runUrl, outcome, said]);

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);
