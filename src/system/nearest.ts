/** How many letters to insert, delete or replace to make one word the other (Levenshtein). */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, wanted] of [...other].entries()) {
      const replaced = (row[j] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Synonyms of other tools, and what people try first. */
const synonyms: Readonly<Record<string, string>> = {
  service: 'containers',
  name: 'containers',
  tag: 'image',
  file: 'dockerfile',
  'health-check': 'probe',
  healthcheck: 'probe',
  parallel: 'max-parallel',
  env: 'environment',
  'build-arg': 'build-args',
  token: 'github-token',
  output: 'report',
  verbose: 'debug',
  undo: 'rollback',
  'roll-back': 'rollback',
  diff: 'status',
  check: 'plan',
  up: 'deploy',
};

/** The one of `known` that was probably meant; undefined if none is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase().replaceAll('_', '-');
  const synonym = synonyms[wanted];
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const ranked = known
    .map((each) => ({ each, letters: distance(wanted, each.toLowerCase()) }))
    .sort((one, other) => one.letters - other.letters);
  const [first] = ranked;
  if (first !== undefined && first.letters <= Math.max(1, Math.floor(first.each.length / 3))) return first.each;
  const longer = known.filter((each) => wanted.length >= 3 && each.startsWith(wanted));
  return longer.length === 1 ? longer[0] : undefined;
}

/** `Did you mean X?` as the next sentence; empty if nothing is close. */
export function didYouMean(word: string, known: readonly string[], shown = (name: string) => `\`${name}\``): string {
  const found = nearest(word, known);
  return found === undefined ? '' : ` Did you mean ${shown(found)}?`;
}
