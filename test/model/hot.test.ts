import { describe } from 'vitest';
import { someOf } from '../support/tier.js';
import { survives } from './plays.js';

const names = ['web'];
const fleet = ['web-1', 'web-2'];
/** The first of them is struck at each call, and each call of the others in some. */
const part = (from: number) => ({ every: 5, from });
const ways = ['refused', 'unlike', 'restarting'] as const;

describe('a container that is loaded hot', () =>
  survives({ names, kind: 'plain', hot: { task: 'deploy' }, thorough: true }));
describe('a container that goes back hot', () =>
  survives({ names, kind: 'plain', hot: { task: 'rollback' }, part: part(0) }));
describe('a container that is always restarted, and loaded hot', () =>
  survives({ names, kind: '--restart always', hot: { task: 'deploy' }, part: part(1) }));

// Each way fails once in a container alone and once in one of a fleet; every night each in each direction.
const alone = ways.flatMap((fails) => (['deploy', 'rollback'] as const).map((task) => ({ fails, task })));
describe.each(someOf(2, alone))('a container whose installation is $fails in a $task', (hot) =>
  survives({ names, kind: 'plain', bad: 'web', hot, part: part(hot.task === 'deploy' ? 0 : 1) }),
);
describe.each(someOf(3, alone))('a fleet of which the installation of one is $fails in a $task', (hot) =>
  survives({ names: fleet, kind: 'plain', bad: 'web-2', hot, part: part(2) }),
);
describe.each(someOf(2, ['rollback', 'deploy'] as const))('a fleet in a %s', (task) =>
  survives({ names: fleet, kind: 'plain', hot: { task }, part: part(2) }),
);
