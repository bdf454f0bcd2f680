import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startProbe } from '../../src/probe/probe.js';
import { systemClock } from '../../src/system/log.js';
import { startService } from './service.js';

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function probedHttp(timeoutMs: number) {
  const service = await startService('http');
  const target = { kind: 'http', host: '127.0.0.1', port: service.port, path: '/' } as const;
  const probe = startProbe(target, { clock: systemClock, timeoutMs });
  running.push(service, probe);
  await sleep(150);
  return { service, probe };
}

async function probedTcp(timeoutMs: number) {
  const service = await startService('tcp');
  const probe = startProbe({ kind: 'tcp', host: '127.0.0.1', port: service.port }, { clock: systemClock, timeoutMs });
  running.push(service, probe);
  await sleep(150);
  return { service, probe };
}

/** Keeps the event loop from doing anything else. */
function hog(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

// A machine that is busy with other tests may starve the service itself: one quiet run is proof enough.
describe('when the prober itself is held up', { retry: 2 }, () => {
  it.each([
    ['http', probedHttp],
    ['tcp', probedTcp],
  ])('the service is not blamed for it: %s', async (_, probed) => {
    // Shorter than the pause: whoever looked at the clock alone would see requests time out.
    const { probe } = await probed(100);
    hog(400);
    await sleep(150);
    const { downtime, latency, proberLagMs } = await probe.stop();
    expect(proberLagMs).toBeGreaterThan(350);
    expect(downtime).toMatchObject({ ms: 0, failed: 0 });
    // Blamed on the service, either would be 390 at least.
    expect(downtime.longestGapMs).toBeLessThan(300);
    expect(latency.before.maxMs).toBeLessThan(300);
  });

  it('the service is blamed in full for an outage around it', async () => {
    const { service, probe } = await probedHttp(1000);
    const outage = service.behave('hold', 600);
    // Before as many requests are under way as the probe sends at once.
    await sleep(50);
    hog(200);
    const { ms } = await outage;
    await sleep(100);
    const { downtime, proberLagMs } = await probe.stop();
    expect(proberLagMs).toBeGreaterThan(150);
    expect(downtime.longestGapMs).toBeGreaterThan(ms - 80);
  });

  it('a refusal that it finds afterwards is still an outage', async () => {
    const { service, probe } = await probedHttp(1000);
    const outage = service.behave('refuse', 500);
    await sleep(100);
    hog(200);
    const { ms } = await outage;
    await sleep(100);
    const { downtime } = await probe.stop();
    expect(downtime.ms).toBeGreaterThan(ms - 80);
  });
});
