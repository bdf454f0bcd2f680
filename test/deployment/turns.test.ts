import { expect, it } from 'vitest';
import { turns } from '../../src/deployment/turns.js';

/** Runs so many at once, each until it is told to end; counts those that run. */
function world(most: number) {
  const hurried = new AbortController();
  const turn = turns(most, hurried.signal);
  const ends: (() => void)[] = [];
  let running = 0;
  const begin = () =>
    turn(async () => {
      running += 1;
      await new Promise<void>((end) => ends.push(end));
      running -= 1;
    });
  const settled = async () => await new Promise((resolve) => setImmediate(resolve));
  return {
    begin,
    hurry: () => hurried.abort(),
    endOne: async () => {
      ends.shift()?.();
      await settled();
    },
    running: async () => {
      await settled();
      return running;
    },
  };
}

it.each([1, 2])('no more than %i run at a time, and all of them in the end', async (most) => {
  const { begin, endOne, running } = world(most);
  const all = [1, 2, 3, 4, 5].map(begin);
  for (let left = 5; left > 0; left -= 1) {
    expect(await running()).toBe(Math.min(most, left));
    await endOne();
  }
  await Promise.all(all);
  const later = begin();
  expect(await running()).toBe(1);
  await endOne();
  await later;
});

it('nobody waits for a turn in a run that is cancelled', async () => {
  const { begin, endOne, hurry, running } = world(1);
  const all = [1, 2, 3].map(begin);
  expect(await running()).toBe(1);
  hurry();
  expect(await running()).toBe(3);
  all.push(begin());
  expect(await running()).toBe(4);
  for (const _ of all) await endOne();
  await Promise.all(all);
});

it('one that fails hands its turn over', async () => {
  const turn = turns(1, new AbortController().signal);
  const failed = turn(async () => Promise.reject(new Error('no')));
  const next = turn(async () => 'went');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('went');
});
