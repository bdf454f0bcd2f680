import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asOne, conclude, inWaves } from '../../src/rollout/fleet.js';
import type { Carried } from '../../src/rollout/one.js';

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
    expect(inWaves(all, canary, parallel)).toEqual(waves);
  });

  it('is deployed to in full, each once and in its order, and never more at a time than was asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(5), fc.integer({ min: 1, max: 5 }), (all, canary, parallel) => {
        const waves = inWaves(all, canary, parallel);
        expect(waves.flat()).toEqual(all);
        const spared = canary > 0 && all.length > canary;
        expect(waves.every((wave, at) => wave.length > 0 && (wave.length <= parallel || (spared && at === 0)))).toBe(
          true,
        );
        if (spared) {
          expect(waves[0]).toHaveLength(canary);
        }
      }),
    );
  });
});

describe('a fleet that has come through', () => {
  const concluded = async (
    standing: Readonly<Record<string, boolean>>,
    onFailure: 'rollback' | 'restart' | 'stop' = 'rollback',
  ) => {
    const told: string[] = [];
    const carried = Object.entries(standing).map(([name, stands]) => ({
      plan: { name },
      stands: async () => stands,
      settle: async () => void told.push(`${name} is final`) as unknown as Carried,
      revert: async (why: string) => void told.push(`${name} goes back: ${why}`) as unknown as Carried,
    }));
    await conclude(carried, { log: { warning: () => undefined }, inputs: { onFailure } });
    return told;
  };

  it('is made final', async () => {
    expect(await concluded({ 'web-1': true, 'web-2': true })).toEqual(['web-1 is final', 'web-2 is final']);
  });

  it('goes back as a whole where the canary has ended while the others had their turn', async () => {
    const why = 'web-1 had come up healthy on the new image, and has ended since';
    expect(await concluded({ 'web-1': false, 'web-2': true })).toEqual([
      `web-1 goes back: ${why}`,
      `web-2 goes back: ${why}`,
    ]);
  });

  it('goes nowhere by itself where a failure is left to a person', async () => {
    // To make one final that has ended is what says that it failed.
    expect(await concluded({ 'web-1': false, 'web-2': true }, 'stop')).toEqual(['web-1 is final', 'web-2 is final']);
  });
});

describe('a fleet of which one went back while all were made final', () => {
  const carried = (outcome: 'deployed' | 'rolled-back' | 'failed') => ({
    ended: { id: 'c0', outcome, message: `It ${outcome}.` },
  });
  const outcomes = (all: Parameters<typeof asOne>[0]) => asOne(all).map(({ ended }) => ended.outcome);

  it('has failed where others have come to stay', () => {
    const [stays, went] = asOne([carried('deployed'), carried('rolled-back')]);
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
