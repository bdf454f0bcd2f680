import { docker } from '../world/images.js';
import type { Crew } from './crew.js';
import { versions } from './images.js';

type Version = 1 | 2;

/** One way from one version to another. */
export interface Way {
  readonly name: string;
  readonly from: Version;
  readonly to: Version;
  /** Whether the VM lives through it, with its state and its connections. */
  readonly hot: boolean;
  /** The command of the run. */
  words(crew: Crew, image: (version: Version) => string): readonly string[];
  /** What has to be so besides the version that runs. */
  prepare?(crew: Crew): Promise<void>;
}

/** Short waits: none of them is what is tried here. */
const quick = ['--soak', '200ms', '--drain', '500ms', '--rehearse', 'never'];

function meant({ names, environment, cluster }: Crew): readonly string[] {
  const given = cluster ? names.slice(0, 1) : names;
  const containers = given.flatMap((name) => ['--containers', name]);
  return [...containers, ...(cluster ? ['--nodes', 'cluster'] : []), '--environment', environment];
}

const common = (crew: Crew): readonly string[] => [...meant(crew), ...quick];

const deploy =
  (...more: readonly string[]): Way['words'] =>
  (crew, image) => ['deploy', ...common(crew), '--image', image(2), '--no-build', ...more];

const rollback: Way['words'] = (crew) => ['rollback', ...common(crew), '--to', versions[1]];

export const hotDeploy: Way = { name: 'hot deploy', from: 1, to: 2, hot: true, words: deploy('--strategy', 'relup') };
export const hotRollback: Way = { name: 'hot rollback', from: 2, to: 1, hot: true, words: rollback };
export const restartDeploy: Way = {
  name: 'restart deploy',
  from: 1,
  to: 2,
  hot: false,
  words: deploy('--strategy', 'restart'),
};
export const revival: Way = { name: 'rollback, kept object', from: 2, to: 1, hot: false, words: rollback };
export const recreation: Way = {
  name: 'rollback, from the image',
  from: 2,
  to: 1,
  hot: false,
  words: rollback,
  prepare: async (crew) => {
    const kept = (await crew.engine()).filter(({ name }) => name.includes('.hot-deploy-previous-'));
    for (const { id } of kept) await docker('rm', '-v', id);
  },
};

/** What runs after one that was struck. */
export type Next = 'again' | 'back' | 'recover';

/** The command, and the version it has to end with: undefined where either is right, as long as it is one. */
export function nextOf(next: Next, way: Way, opposite: Way, crew: Crew, image: (version: Version) => string) {
  switch (next) {
    case 'again':
      return { words: way.words(crew, image), ends: way.to };
    case 'back':
      return { words: opposite.words(crew, image), ends: opposite.to };
    // To what nobody has on record: what was cut off is recovered, and the rest is refused.
    case 'recover':
      return { words: ['rollback', ...common(crew), '--to', 'unknown'], ends: undefined };
  }
}

export const statusWords = (crew: Crew): readonly string[] => ['status', ...meant(crew)];
