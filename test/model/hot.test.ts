import { describe } from 'vitest';
import { someOf } from '../support/tier.js';
import { survives } from './plays.js';

const names = ['web'];
const fleet = ['web-1', 'web-2'];
const ways = ['refused', 'unlike', 'restarting'] as const;

describe('a container that is loaded hot', () =>
  survives({ names, kind: 'plain', hot: { task: 'deploy' }, thorough: true }));
describe('a container that goes back hot', () => survives({ names, kind: 'plain', hot: { task: 'rollback' } }));
describe('a container that is always restarted, and loaded hot', () =>
  survives({ names, kind: '--restart always', hot: { task: 'deploy' } }));

// Each way fails once in a container alone and once in one of a fleet; every night each in each direction.
const alone = ways.flatMap((fails) => (['deploy', 'rollback'] as const).map((task) => ({ fails, task })));
describe.each(someOf(2, alone))('a container whose installation is $fails in a $task', (hot) =>
  survives({ names, kind: 'plain', bad: 'web', hot }),
);
describe.each(someOf(3, alone))('a fleet of which the installation of one is $fails in a $task', (hot) =>
  survives({ names: fleet, kind: 'plain', bad: 'web-2', hot }),
);
describe.each(someOf(2, ['rollback', 'deploy'] as const))('a fleet in a %s', (task) =>
  survives({ names: fleet, kind: 'plain', hot: { task } }),
);
