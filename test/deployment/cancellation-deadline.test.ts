import { describe, expect, it } from 'vitest';
import { afterwardsMs, cancellationDeadline, stopInTime } from '../../src/deployment/cancellation-deadline.js';
import type { Engine } from '../../src/engines/engine.js';
import { awaitBack } from '../../src/strategies/recreate/undo.js';
import type { Clock } from '../../src/system/log.js';
import { modelClock } from '../support/model/clock.js';

function world() {
  let now = 100;
  const pass = (ms: number) => {
    now += ms;
  };
  const clock: Clock = { now: () => now, date: () => now, sleep: async (ms) => pass(ms) };
  const abort = new AbortController();
  return { abort, clock, deadline: cancellationDeadline(abort.signal, clock), pass };
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
    const { abort, deadline, pass } = world();
    pass(60_000);
    expect(deadline).toMatchObject({ cancelled: false });
    expect(deadline.remainingMs()).toBe(Number.POSITIVE_INFINITY);
    abort.abort();
    pass(1_200);
    expect(deadline.cancelled).toBe(true);
    expect(deadline.remainingMs()).toBe(2_300);
    pass(10_000);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('hurries a stop that is under way, and leaves it alone before', async () => {
    const { abort, deadline } = world();
    const { asked, engine } = stubborn();
    const stopped = stopInTime(engine, 'web', deadline);
    expect(asked).toEqual([undefined]);
    abort.abort();
    await stopped;
    expect(asked).toEqual([undefined, 1]);
  });

  it('stops at once where the time is up', async () => {
    const { abort, deadline, pass } = world();
    const { asked, engine } = stubborn();
    abort.abort();
    pass(5_000);
    await stopInTime(engine, 'web', deadline);
    expect(asked).toEqual([0]);
  });
});

describe('an old container that was started again and takes its time to serve', () => {
  /** Its HEALTHCHECK fails all the while. */
  function starting() {
    const container = {
      ...{ Id: 'web', Name: '/web', RestartCount: 0, State: { Running: true, Health: { Status: 'starting' } } },
      Config: { Healthcheck: { Test: ['CMD', 'check'] } },
    };
    return {
      inspectContainer: async () => container,
      findContainer: async () => container,
      exec: async () => ({ exitCode: 1, stdout: Buffer.from(''), stderr: Buffer.from('') }),
      logs: async () => '',
    } as unknown as Engine;
  }

  it.each([
    ['two seconds', 3_500, afterwardsMs],
    ['two seconds, also where no time is left', 6_000, afterwardsMs],
    ['what is left, and two seconds', 1_000, 2_500 + afterwardsMs],
  ])('is looked after for %s where the run is cancelled', async (_, sinceSignal, looked) => {
    const [abort, clock] = [new AbortController(), modelClock()];
    const deadline = cancellationDeadline(abort.signal, clock);
    abort.abort();
    await clock.sleep(sinceSignal);
    const since = clock.now();
    const claim = { id: 'a', nonce: 'n' };
    const around = { clock, deadline, claim, healthTimeoutMs: 60_000, log: undefined as never };
    expect(await awaitBack(starting(), 'web', around)).toMatchObject({ kind: 'late' });
    expect(clock.now() - since).toBeGreaterThanOrEqual(looked);
    expect(clock.now() - since).toBeLessThan(looked + 500);
  });
});
