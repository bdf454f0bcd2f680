/**
 * How much is tried of what takes hours in the whole: by default some of it, chosen by the seed; `HOT_DEPLOY_FAULTS=steps` is
 * every step of the ledger in every way there is, and `all` everything.
 */
export type Thorough = 'some' | 'steps' | 'all';

export const thorough: Thorough = read(process.env['HOT_DEPLOY_FAULTS']);
/** Chooses, and comes with whatever fails, so that it can be had again. */
export const seed = Number(process.env['HOT_DEPLOY_FAULTS_SEED'] ?? 1);

/** So many of a loop whose whole is `all`. */
export function times(some: number, all: number, variable: string): number {
  const asked = process.env[variable];
  if (asked !== undefined) return Number(asked);
  return thorough === 'all' ? all : some;
}

function read(text: string | undefined): Thorough {
  if (text === undefined || text === '' || text === 'some') return 'some';
  if (text === 'steps' || text === 'all') return text;
  throw new Error(`HOT_DEPLOY_FAULTS is some, steps or all, and not ${text}`);
}
