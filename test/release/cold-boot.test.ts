import { expect, it } from 'vitest';
import { secondsApart } from '../../src/release/cold-boot.js';

function clock() {
  let now = 1_000;
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

it('two boots are read in different seconds, however long the first takes to be read', async () => {
  const time = clock();
  const turn = secondsApart(time);
  const read: (readonly [name: string, at: number, waited: boolean])[] = [];
  const reading = (name: string) =>
    turn(async (waited) => {
      read.push([name, time.now(), waited]);
      time.pass(5_000);
    });
  await Promise.all([reading('first'), reading('second')]);
  expect(read).toEqual([
    ['first', 1_000, false],
    ['second', 7_100, true],
  ]);
});

it('one that was slow anyway does not wait, and one that fails keeps nobody', async () => {
  const time = clock();
  const turn = secondsApart(time);
  await expect(turn(async () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await turn(async () => undefined);
  time.pass(3_000);
  let at = 0;
  await turn(async () => {
    at = time.now();
  });
  expect(at).toBe(4_000);
});
