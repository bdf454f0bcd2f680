/** Whether everything is tested, as `script/test --all` does, or the quick tier alone. CONTRIBUTING.md has the table. */
export const everything = process.env['HOT_DEPLOY_TESTS'] === 'all';

/** Cases that the quick tier leaves out. Whole files of them are called `NAME.nightly.e2e.ts`. */
export function onlyNightly<T>(...cases: readonly T[]): readonly T[] {
  return everything ? cases : [];
}

/** Debian's suites, each with an OTP and an Elixir of its own: OTP 25, and OTP 27. */
export const worlds: readonly ('bookworm' | 'trixie')[] = ['bookworm', ...onlyNightly('trixie' as const)];

/** In the quick tier one of so many cases, the first among them. */
export function someOf<const T>(every: number, cases: readonly T[]): readonly T[] {
  return cases.filter((_, at) => everything || at % every === 0);
}
