import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { type FakeOctochat, startFakeOctochat } from './fake-octochat.js';
import { type LoadResult, startLoad } from './load.js';

const rates = { connectionsPerTarget: 4, httpRequestsPerSecondPerTarget: 50, pingsPerSecondPerConnection: 50 };

async function fake({ onTestFinished }: TestContext): Promise<FakeOctochat> {
  const octochat = await startFakeOctochat();
  onTestFinished(octochat.stop);
  return octochat;
}

/** The result of a load during which something happens to the server. */
async function loaded(octochat: FakeOctochat, happens: () => unknown): Promise<LoadResult> {
  const load = await startLoad({ targets: [{ name: 'one', ...octochat }], ...rates, maxSeconds: 10 });
  await sleep(200);
  await happens();
  await sleep(300);
  return load.stop();
}

const sound = {
  failed: 0,
  connectionsOpened: 4,
  connectionsLost: 0,
  repliesOutOfOrder: 0,
  countersBroken: 0,
  valuesLost: 0,
  versionsWentBack: 0,
};

/** What a timer comes to in the same process and the same time: how often a second, and how late in the mean. */
function ticking(everyMs: number): () => { readonly perSecond: number; readonly lateMs: number } {
  const since = performance.now();
  let [ticks, late, last] = [0, 0, since];
  let timer = setTimeout(function tick() {
    const now = performance.now();
    ticks += 1;
    late += now - last - everyMs;
    last = now;
    timer = setTimeout(tick, everyMs);
  }, everyMs);
  return () => {
    clearTimeout(timer);
    return { perSecond: (1_000 * ticks) / (performance.now() - since), lateMs: late / Math.max(1, ticks) };
  };
}

describe('a load', { concurrent: true, retry: 2 }, () => {
  it('finds no fault in a server that has none', async (test) => {
    const floor = ticking(20);
    const { total, targets, seconds } = await loaded(await fake(test), () => sleep(500));
    const { perSecond, lateMs } = floor();
    expect(total).toMatchObject(sound);
    expect(seconds).toBeGreaterThan(0.9);
    // Four connections with 50 pings a second and 50 visits a second, as far as this machine gets to do anything 50 times.
    expect(total.requestsPerSecond).toBeGreaterThan(0.5 * 5 * perSecond);
    expect(total.requestsPerSecond).toBeLessThan(260);
    expect(total.latency.p50Ms).toBeLessThan(20 + 4 * lateMs);
    expect(total.longestGapMs).toBeLessThanOrEqual(total.longestConnectionGapMs);
    expect(targets[0]).toMatchObject({ name: 'one', ...sound });
    expect(targets[0]?.connections).toHaveLength(4);
  });

  it('sees an upgrade in which nobody notices anything but the version', async (test) => {
    const octochat = await fake(test);
    const { total, targets } = await loaded(octochat, () => {
      octochat.version = '2';
    });
    expect(total).toMatchObject(sound);
    expect(targets[0]?.connections.map(({ versionsSeen }) => versionsSeen)).toEqual(Array(4).fill(['1', '2']));
  });

  it('sees a version come back', async (test) => {
    const octochat = await fake(test);
    const { total, targets } = await loaded(octochat, async () => {
      octochat.version = '2';
      await sleep(100);
      octochat.version = '1';
    });
    expect(total.versionsWentBack).toBe(4);
    expect(targets[0]?.connections[0]?.versionsSeen).toEqual(['1', '2', '1']);
  });

  it('sees connections end, and comes back', async (test) => {
    const octochat = await fake(test);
    const { total, targets } = await loaded(octochat, () => octochat.dropConnections());
    expect(total).toMatchObject({ connectionsLost: 4, connectionsOpened: 8, countersBroken: 0 });
    expect(total.failures['not connected']).toBeGreaterThan(0);
    expect(total.longestConnectionGapMs).toBeGreaterThan(80);
    expect(targets[0]?.connections[0]).toMatchObject({ lost: 1 });
  });

  it('sees counters begin anew', async (test) => {
    const octochat = await fake(test);
    const { total } = await loaded(octochat, () => octochat.forgetCounts());
    expect(total).toMatchObject({ ...sound, countersBroken: 4 });
  });

  it('sees values vanish', async (test) => {
    const octochat = await fake(test);
    const { total } = await loaded(octochat, async () => {
      octochat.forgetValues();
      await sleep(300);
    });
    expect(total.valuesLost).toBeGreaterThanOrEqual(4);
    expect(total).toMatchObject({ ...sound, valuesLost: total.valuesLost });
  });

  it('sees replies change places', async (test) => {
    const octochat = await fake(test);
    const held: string[] = [];
    const { total } = await loaded(octochat, async () => {
      octochat.tamper = (reply, seen) => {
        if (seen % 2 === 0) return [reply, ...held.splice(0)];
        held.push(reply);
        return [];
      };
      await sleep(200);
      octochat.tamper = (reply) => [reply, ...held.splice(0)];
    });
    expect(total.repliesOutOfOrder).toBeGreaterThan(0);
  });

  it('sees visitors turned away', async (test) => {
    const octochat = await fake(test);
    const { total } = await loaded(octochat, () => {
      octochat.httpStatus = 503;
    });
    expect(total.failures['status 503']).toBeGreaterThan(5);
    expect(total).toMatchObject({ ...sound, failed: total.failed });
  });

  it('counts the wait of all who would have asked while the server hung', async (test) => {
    const octochat = await fake(test);
    const { total } = await loaded(octochat, () => octochat.hang(700));
    expect(total).toMatchObject(sound);
    expect(total.longestGapMs).toBeGreaterThan(680);
    expect(total.latency.maxMs).toBeGreaterThan(650);
    // More than half of the time: whoever waits for an answer before asking again would count a handful of slow ones.
    expect(total.latency.p50Ms).toBeGreaterThan(50);
  });

  it('shows its counters while it runs', async (test) => {
    const load = await startLoad({ targets: [{ name: 'one', ...(await fake(test)) }], ...rates, maxSeconds: 10 });
    await sleep(200);
    expect(load.counters()).toMatchObject({ failed: 0, connectionsOpen: 4, connectionsLost: 0 });
    expect(load.counters().requests).toBeGreaterThan(20);
    await load.stop();
  });
});

describe('a load is bounded', { concurrent: true }, () => {
  it('in time, whoever forgets to stop it', async (test) => {
    const load = await startLoad({ targets: [{ name: 'one', ...(await fake(test)) }], ...rates, maxSeconds: 0.2 });
    await sleep(500);
    const { requests } = load.counters();
    await sleep(200);
    expect(load.counters().requests).toBe(requests);
    expect((await load.stop()).seconds).toBeLessThan(0.4);
  });

  it.each([
    [{ connectionsPerTarget: 301, pingsPerSecondPerConnection: 1 }, '301 connections'],
    [{ httpRequestsPerSecondPerTarget: 5000 }, '5200 requests a second'],
    [{ maxSeconds: Number.POSITIVE_INFINITY }, 'Infinity seconds'],
    [{ pingsPerSecondPerConnection: Number.NaN }, 'NaN requests a second'],
  ])('in number: %o', async (excess, words) => {
    const targets = [{ name: 'one', tcpPort: 1, httpPort: 1 }];
    await expect(startLoad({ targets, ...rates, maxSeconds: 10, ...excess })).rejects.toThrow(words);
  });

  it('and does not begin where nobody listens', { timeout: 10_000 }, async () => {
    const targets = [{ name: 'nobody', tcpPort: 1, httpPort: 1 }];
    await expect(startLoad({ targets, ...rates, maxSeconds: 10 })).rejects.toThrow(
      '0 of 4 connections were answered within 5 s: look at nobody on 1',
    );
  });
});
