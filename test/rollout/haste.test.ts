import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/docker/engine.js';
import type { Clock } from '../../src/log.js';
import { hasteOf, stopInTime } from '../../src/rollout/haste.js';

function world() {
  let now = 100;
  const pass = (ms: number) => {
    now += ms;
  };
  const clock: Clock = { now: () => now, date: () => now, sleep: async (ms) => pass(ms) };
  const abort = new AbortController();
  return { abort, haste: hasteOf(abort.signal, clock), pass };
}

/** A container that ends when it is told to be quick, and else never. */
function stubborn() {
  const asked: (number | undefined)[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stopContainer: Engine['stopContainer'] = async (_, seconds) => {
    asked.push(seconds);
    if (seconds !== undefined) end();
    await ended;
  };
  return { asked, engine: { stopContainer } as Partial<Engine> as Engine };
}

describe('a run that is cancelled', () => {
  it('has three and a half seconds from the signal on, and all the time in the world before', () => {
    const { abort, haste, pass } = world();
    pass(60_000);
    expect(haste).toMatchObject({ cancelled: false });
    expect(haste.leftMs()).toBe(Number.POSITIVE_INFINITY);
    abort.abort();
    pass(1_200);
    expect(haste.cancelled).toBe(true);
    expect(haste.leftMs()).toBe(2_300);
    pass(10_000);
    expect(haste.leftMs()).toBe(0);
  });

  it('hurries a stop that is under way, and leaves it alone before', async () => {
    const { abort, haste } = world();
    const { asked, engine } = stubborn();
    const stopped = stopInTime(engine, 'web', haste);
    expect(asked).toEqual([undefined]);
    abort.abort();
    await stopped;
    expect(asked).toEqual([undefined, 1]);
  });

  it('stops at once where the time is up', async () => {
    const { abort, haste, pass } = world();
    const { asked, engine } = stubborn();
    abort.abort();
    pass(5_000);
    await stopInTime(engine, 'web', haste);
    expect(asked).toEqual([0]);
  });
});
