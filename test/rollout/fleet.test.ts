import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitAll, inBatches, inGroups, withoutSplitFleet } from '../../src/rollout/fleet.js';
import type { TargetUpdate } from '../../src/rollout/target-update.js';

const several = fc.integer({ min: 1, max: 5 });
const alone = <T>(all: readonly T[]) => all.map((one) => [one]);

describe('a fleet', () => {
  it.each<[string[], number, number, string[][]]>([
    [['a', 'b', 'c', 'd', 'e'], 1, 2, [['a'], ['b', 'c'], ['d', 'e']]],
    [
      ['a', 'b', 'c', 'd'],
      2,
      4,
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [['a', 'b', 'c'], 1, 1, [['a'], ['b'], ['c']]],
    [['a', 'b', 'c'], 0, 2, [['a', 'b'], ['c']]],
    // Who would be left to be spared?
    [['a'], 1, 4, [['a']]],
    [['a', 'b', 'c'], 3, 2, [['a', 'b'], ['c']]],
    [['a', 'b'], 9, 4, [['a', 'b']]],
    [[], 1, 4, []],
  ])('of %j with a canary of %i goes %i at a time: %j', (all, canary, parallel, waves) => {
    const sizes = { canary, maxParallel: parallel, maxUnavailable: 1 };
    expect(inBatches(alone(all), sizes, () => false)).toEqual(waves);
  });

  it('is deployed to in full, each once and in its order, and never more at a time than was asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(5), several, several, (all, canary, maxParallel, maxUnavailable) => {
        const isRestart = (one: number) => one % 2 === 0;
        const waves = inBatches(alone(all), { canary, maxParallel, maxUnavailable }, isRestart);
        expect(waves.flat()).toEqual(all);
        expect(waves.every((wave) => wave.filter(isRestart).length <= maxUnavailable)).toBe(true);
        const spared = canary > 0 && all.length > canary;
        const most = spared ? Math.max(maxParallel, canary) : maxParallel;
        expect(waves.every((wave) => wave.length > 0 && wave.length <= most)).toBe(true);
        const hot = inBatches(alone(all), { canary, maxParallel, maxUnavailable }, () => false);
        if (spared) {
          expect(hot[0]).toHaveLength(canary);
        }
      }),
    );
  });

  it('is restarted one at a time by default, also where the canary is larger, and hot loads go beside', () => {
    const sizes = { canary: 2, maxParallel: 4, maxUnavailable: 1 };
    const isRestart = (one: string) => one.startsWith('r');
    expect(inBatches(alone(['r1', 'r2', 'r3', 'r4']), sizes, isRestart)).toEqual([['r1'], ['r2'], ['r3'], ['r4']]);
    expect(inBatches(alone(['h1', 'r1', 'h2', 'r2', 'r3', 'h3']), sizes, isRestart)).toEqual([
      ['h1', 'r1'],
      ['h2', 'r2'],
      ['r3', 'h3'],
    ]);
  });

  it('has one turn for what changes as one, whatever the canary and the batches are', () => {
    const [tasks, nodes] = [{}, {}];
    const of = (one: string) => ({ t: tasks, n: nodes })[one[0] ?? ''];
    const groups = inGroups(['a', 't1', 'n1', 'b', 't2', 't3', 'n2'], of);
    expect(groups).toEqual([['a'], ['t1', 't2', 't3'], ['n1', 'n2'], ['b']]);
    const sizes = { canary: 2, maxParallel: 2, maxUnavailable: 1 };
    expect(inBatches(groups, sizes, () => false)).toEqual([['a'], ['t1', 't2', 't3'], ['n1', 'n2'], ['b']]);
    expect(inBatches(groups, { ...sizes, maxParallel: 3 }, (one) => one.startsWith('n'))).toEqual([
      ...[['a'], ['t1', 't2', 't3']],
      ['n1', 'n2', 'b'],
    ]);
    expect(inBatches([['t1', 't2']], { ...sizes, canary: 1 }, () => true)).toEqual([['t1', 't2']]);
  });
});

describe('a fleet that has come through', () => {
  type Standing = Readonly<Record<string, 'stands' | 'falls'>>;
  const concluded = async (standing: Standing, onFailure: 'rollback' | 'restart' | 'stop' = 'rollback') => {
    const told: string[] = [];
    const one = (name: string, fallen: string | undefined) => ({
      plan: { name },
      unlike: async () => fallen,
      drain: async () => {
        told.push(`${name} drains`);
        return one(name, standing[name] === 'falls' ? fell : undefined);
      },
      commit: async () => void told.push(`${name} is final`) as unknown as TargetUpdate,
      rollback: async (why: string) => void told.push(`${name} goes back: ${why}`) as unknown as TargetUpdate,
    });
    const carried = Object.keys(standing).map((name) => one(name, undefined));
    type One = (typeof carried)[number];
    await commitAll<One>(carried, { log: { warning: () => undefined }, inputs: { onFailure } });
    return told;
  };
  const fell = 'runs 1.0.0 since its VM was started again';
  const why = `web-1 had come through, and ${fell}`;

  it('is made final, once nothing takes its time any more', async () => {
    expect(await concluded({ 'web-1': 'stands', 'web-2': 'stands' })).toEqual([
      ...['web-1 drains', 'web-2 drains', 'web-1 is final', 'web-2 is final'],
    ]);
  });

  it('goes back as a whole if one has fallen by the time that old code has run out: none is final then', async () => {
    expect(await concluded({ 'web-1': 'falls', 'web-2': 'stands' })).toEqual([
      ...['web-1 drains', 'web-2 drains', `web-1 goes back: ${why}`, `web-2 goes back: ${why}`],
    ]);
  });

  it('goes nowhere by itself if a failure is left to a person', async () => {
    // To make one final that has ended is what says that it failed.
    expect((await concluded({ 'web-1': 'falls', 'web-2': 'stands' }, 'stop')).slice(2)).toEqual([
      'web-1 is final',
      'web-2 is final',
    ]);
  });
});

describe('a fleet of which one went back while all were made final', () => {
  const carried = (outcome: 'deployed' | 'rolled-back' | 'failed') => ({
    ended: { id: 'c0', outcome, message: `It ${outcome}.` },
  });
  const outcomes = (all: Parameters<typeof withoutSplitFleet>[0]) =>
    withoutSplitFleet(all).map(({ ended }) => ended.outcome);

  it('has failed where others have come to stay', () => {
    const [stays, went] = withoutSplitFleet([carried('deployed'), carried('rolled-back')]);
    expect(stays?.ended).toEqual(carried('deployed').ended);
    expect(went?.ended).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/^It rolled-back\. .*two versions run\.$/),
    });
  });

  it('has gone back where all did, and fails as before where one failed', () => {
    expect(outcomes([carried('rolled-back'), carried('rolled-back')])).toEqual(['rolled-back', 'rolled-back']);
    expect(outcomes([carried('deployed'), carried('failed')])).toEqual(['deployed', 'failed']);
    expect(outcomes([carried('deployed'), carried('deployed')])).toEqual(['deployed', 'deployed']);
  });
});
