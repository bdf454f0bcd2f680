import { describe, expect, it } from 'vitest';
import { isAlive, lockTtlMs, type Watch, watched } from '../../src/journal/heartbeat.js';
import { isDead, isUp } from '../../src/journal/lock.js';

/** What one has seen who looked at these times, in milliseconds. */
function seen(...looks: readonly (readonly [at: number, beat: string | undefined, lock?: string] | 'failed')[]) {
  return looks.reduce<Watch | undefined>((before, look) => {
    if (look === 'failed') return undefined;
    const [at, beat, lock = 'lock'] = look;
    return watched(before, { at, heartbeat: beat, lock });
  }, undefined);
}
/** Looks twice a second at the same. */
const still = (from: number, to: number, beat: string | undefined = 'same') =>
  Array.from({ length: (to - from) / 500 + 1 }, (_, index) => [from + index * 500, beat] as const);

describe('a holder that nobody can look at', () => {
  it('is dead once it has been silent for long enough', () => {
    expect(isDead('unknown', seen(...still(0, lockTtlMs - 500)))).toBe(false);
    expect(isDead('unknown', seen(...still(0, lockTtlMs)))).toBe(true);
  });

  it('is dead if it never said anything, too', () => {
    expect(isDead('unknown', seen(...still(0, lockTtlMs, undefined)))).toBe(true);
  });

  it('lives as long as it beats, though the clocks of two machines never agree', () => {
    const looks = Array.from({ length: 400 }, (_, index) => [index * 500, String(Math.floor(index / 7))] as const);
    const watch = seen(...looks);
    expect(isDead('unknown', watch)).toBe(false);
    expect(watch && isAlive(watch)).toBe(true);
  });

  it('is not dead because the watcher could not look', () => {
    expect(isDead('unknown', seen(...still(0, 14_000), 'failed', ...still(14_500, 20_000)))).toBe(false);
    expect(isDead('unknown', undefined)).toBe(false);
  });

  it('is not dead because the watcher, or the machine under both, stood still', () => {
    expect(isDead('unknown', seen([0, 'a'], [60_000, 'a'], [60_500, 'a']))).toBe(false);
  });

  it('is not dead because the one before it was silent', () => {
    expect(isDead('unknown', seen(...still(0, 14_500), [15_000, 'same', 'another lock']))).toBe(false);
  });
});

describe('a holder on this machine', () => {
  it('is dead as soon as it is gone, and never as long as it lives', () => {
    expect(isDead('gone', undefined)).toBe(true);
    expect(isDead('alive', seen(...still(0, 2 * lockTtlMs)))).toBe(false);
  });
});

describe('the time to wait', () => {
  it('is over at once with a holder that is seen to live', () => {
    expect(isUp(0, 0, 'alive', undefined)).toBe(true);
    expect(isUp(999, 1_000, 'alive', undefined)).toBe(false);
    expect(isUp(1_000, 1_000, 'alive', undefined)).toBe(true);
  });

  it('is over with the next beat of one on another machine', () => {
    expect(isUp(0, 0, 'unknown', seen([0, 'a']))).toBe(false);
    expect(isUp(3_000, 0, 'unknown', seen([0, 'a'], [3_000, 'b']))).toBe(true);
  });

  it('lasts until it is seen whether one that beat before has died meanwhile', () => {
    const watch = seen([0, 'a'], ...still(500, 10_500, 'b'));
    expect(isUp(10_500, 10_000, 'unknown', watch)).toBe(false);
  });

  it('ends, whatever can be seen', () => {
    expect(isUp(10_000 + lockTtlMs, 10_000, 'unknown', undefined)).toBe(false);
    expect(isUp(10_000 + 2 * lockTtlMs, 10_000, 'unknown', undefined)).toBe(true);
  });
});
