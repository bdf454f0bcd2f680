import { everything } from '../tier.js';

/**
 * How much is tried of what takes hours in the whole. `smoke`, one case of each kind, is the quick tier's, and `some`, chosen by
 * the seed, that of `script/test --all`. `HOT_DEPLOY_FAULTS=steps` is every step of the journal in every way there is, and `all`
 * everything.
 */
export type Thorough = 'smoke' | 'some' | 'steps' | 'all';

export const thorough: Thorough = read(process.env['HOT_DEPLOY_FAULTS']);
/** Chooses, and comes with whatever fails, so that it can be had again. */
export const seed = Number(process.env['HOT_DEPLOY_FAULTS_SEED'] ?? 1);

/** So many rounds of a loop, unless the variable says otherwise. */
export function times(
  { smoke, some, all }: Readonly<Record<'smoke' | 'some' | 'all', number>>,
  variable: string,
): number {
  const asked = process.env[variable];
  if (asked !== undefined) return Number(asked);
  return thorough === 'all' ? all : thorough === 'smoke' ? smoke : some;
}

function read(text: string | undefined): Thorough {
  if (text === undefined || text === '') return everything ? 'some' : 'smoke';
  if (text === 'smoke' || text === 'some' || text === 'steps' || text === 'all') return text;
  throw new Error(`HOT_DEPLOY_FAULTS is smoke, some, steps or all, and not ${text}`);
}
