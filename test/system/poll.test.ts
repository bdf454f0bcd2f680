import { expect, it } from 'vitest';
import { poll, pollOn } from '../../src/system/poll.js';
import { modelClock } from '../support/model/clock.js';

it('looks until there is something to say, and once more when the time is over', async () => {
  const clock = modelClock();
  const began = clock.now();
  const looks: [number, boolean][] = [];
  const never = await poll(clock, { everyMs: 200, withinMs: 500 }, async (isLast) => {
    looks.push([clock.now() - began, isLast]);
    return undefined;
  });
  expect(never).toBeUndefined();
  expect(looks).toEqual([
    [0, false],
    [200, false],
    [400, false],
    [500, true],
  ]);
  expect(await poll(clock, { everyMs: 200, withinMs: 0 }, async (isLast) => isLast || undefined)).toBe(true);
  let left = 3;
  expect(await pollOn(clock, 50, async () => (left-- === 0 ? 'there' : undefined))).toBe('there');
});
