import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { type ProbeOptions, type RunningProbe, startProbe } from '../../src/probe/probe.js';
import { systemClock } from '../../src/system/log.js';
import { type HttpBehaviour, type Service, startService, type TcpBehaviour } from './service.js';

/** What a busy test machine may add to a measurement of hundreds of milliseconds, besides holding up the prober. */
const SLACK = 80;

// Each promise is about real time: `retry` gives a starved machine another go.

interface Observed<Behaviour> {
  readonly service: Service<Behaviour>;
  readonly probe: RunningProbe;
}

async function probedHttp(
  { onTestFinished }: TestContext,
  options: Partial<ProbeOptions> = {},
): Promise<Observed<HttpBehaviour>> {
  const service = await startService('http');
  const target = { kind: 'http', host: '127.0.0.1', port: service.port, path: '/health' } as const;
  const probe = startProbe(target, { clock: systemClock, ...options });
  onTestFinished(async () => {
    await Promise.all([service.stop(), probe.stop()]);
  });
  await sleep(150);
  return { service, probe };
}

async function probedTcp({ onTestFinished }: TestContext): Promise<Observed<TcpBehaviour>> {
  const service = await startService('tcp');
  const probe = startProbe({ kind: 'tcp', host: '127.0.0.1', port: service.port }, { clock: systemClock });
  onTestFinished(async () => {
    await Promise.all([service.stop(), probe.stop()]);
  });
  await sleep(150);
  return { service, probe };
}

const failures = ({ samples }: RunningProbe) => new Set(samples.flatMap(({ failure }) => failure ?? []));

describe('a service that answers', { concurrent: true, retry: 2 }, () => {
  it.for(['answer', 'redirect'] as const)('has no downtime and no long silence: %s', async (behaviour, test) => {
    const { service, probe } = await probedHttp(test);
    await service.behave(behaviour, 300);
    const { downtime, latency } = await probe.stop();
    expect(downtime).toMatchObject({ ms: 0, failed: 0 });
    expect(downtime.requests).toBeGreaterThan(10);
    expect(downtime.longestGapMs).toBeLessThan(SLACK);
    expect(latency.before.p50Ms).toBeGreaterThan(0);
    expect(probe.failingSince()).toBeUndefined();
  });

  it('sees each request on a connection of its own', async (test) => {
    const { service, probe } = await probedHttp(test);
    const { downtime } = await probe.stop();
    expect((await service.count()).connections).toBe(downtime.requests);
  });

  it('may speak first and leave at once', async (test) => {
    const { service, probe } = await probedTcp(test);
    await service.behave('greet', 300);
    expect((await probe.stop()).downtime).toMatchObject({ ms: 0, failed: 0 });
  });
});

describe('a service that is out for 300 ms', { concurrent: true, retry: 2 }, () => {
  it.for([
    ['refuses connections', 'refuse', 'ECONNREFUSED'],
    ['answers 500', 'error', 'status 500'],
    ['resets connections', 'reset', 'ECONNRESET'],
    ['dies amid its answers', 'cut', 'ECONNRESET'],
  ] as const)('because it %s has that downtime by http', async ([, behaviour, failure], test) => {
    const { service, probe } = await probedHttp(test);
    probe.mark('switch-begins');
    const spell = await service.behave(behaviour, 300);
    probe.mark('switch-ends');
    await sleep(150);
    const { downtime, latency, proberLagMs } = await probe.stop();
    expect(downtime.ms).toBeGreaterThan(spell.ms - SLACK - proberLagMs);
    expect(downtime.ms).toBeLessThan(spell.ms + SLACK + proberLagMs);
    expect(downtime.longestGapMs).toBeGreaterThan(spell.ms - SLACK - proberLagMs);
    expect(downtime.longestGapMs).toBeLessThan(spell.ms + SLACK + proberLagMs);
    expect([...failures(probe)]).toContain(failure);
    expect(latency.during.failed).toBeGreaterThan(5);
    expect(latency.after).toMatchObject({ failed: 0 });
  });

  it.for([
    ['refuses connections', 'refuse', 'ECONNREFUSED'],
    ["closes them at once, as Docker's proxy does when nothing listens behind it", 'close', 'closed at once'],
    ['resets connections', 'reset', 'ECONNRESET'],
  ] as const)('because it %s has that downtime by tcp', async ([, behaviour, failure], test) => {
    const { service, probe } = await probedTcp(test);
    const spell = await service.behave(behaviour, 300);
    await sleep(150);
    const { downtime, proberLagMs } = await probe.stop();
    expect(downtime.ms).toBeGreaterThan(spell.ms - SLACK - proberLagMs);
    expect(downtime.ms).toBeLessThan(spell.ms + SLACK + proberLagMs);
    expect([...failures(probe)]).toContain(failure);
  });

  it('is seen failing while it fails, and no longer', async (test) => {
    const { service, probe } = await probedHttp(test);
    const spell = service.behave('error', 300);
    await sleep(200);
    const since = probe.failingSince();
    const { from, to } = await spell;
    expect(since).toBeGreaterThan(from - SLACK);
    expect(since).toBeLessThan(to);
    await sleep(150);
    expect(probe.failingSince()).toBeUndefined();
  });
});

describe('a service that hangs', { concurrent: true, retry: 2 }, () => {
  it('fails by the time-out, counted from the first request that it left unanswered', async (test) => {
    const { service, probe } = await probedHttp(test, { timeoutMs: 100 });
    const spell = await service.behave('hang', 300);
    await sleep(150);
    const { downtime, proberLagMs } = await probe.stop();
    expect(failures(probe)).toEqual(new Set(['timeout']));
    expect(downtime.ms).toBeGreaterThan(spell.ms - SLACK - proberLagMs);
    expect(downtime.ms).toBeLessThan(spell.ms + SLACK + proberLagMs);
  });

  it('is asked on while it hangs, so that more than one of those who would have waited are counted', async (test) => {
    const { service, probe } = await probedHttp(test);
    probe.mark('switch-begins');
    const { ms } = await service.behave('hold', 300);
    probe.mark('switch-ends');
    const { downtime, latency } = await probe.stop();
    expect(downtime).toMatchObject({ ms: 0, failed: 0 });
    expect(downtime.longestGapMs).toBeGreaterThan(ms - SLACK);
    // Whoever waits for each answer before asking again would count one slow request.
    expect(probe.samples.filter(({ start, end }) => end - start > 50).length).toBeGreaterThan(5);
    expect(latency.during.p99Ms).toBeGreaterThan(ms - SLACK);
  });

  it('is not buried under connections', async (test) => {
    const { service, probe } = await probedHttp(test);
    await service.behave('hold', 300);
    await probe.stop();
    expect((await service.count()).mostAtOnce).toBeLessThanOrEqual(10);
  });

  it('holds up the end of the measurement for no longer than the time-out', async (test) => {
    const { service, probe } = await probedHttp(test, { timeoutMs: 100 });
    void service.behave('hang', 60_000);
    await sleep(50);
    const stopping = performance.now();
    const { downtime } = await probe.stop();
    expect(downtime.failed).toBeGreaterThan(0);
    expect(performance.now() - stopping).toBeLessThan(1000);
  });
});

describe('the end of a measurement', { concurrent: true, retry: 2 }, () => {
  it('is the same however often it is asked for, and nothing is sent after it', async (test) => {
    const { service, probe } = await probedHttp(test);
    const [first, second] = await Promise.all([probe.stop(), probe.stop()]);
    expect(second).toBe(first);
    const { connections } = await service.count();
    await sleep(100);
    expect((await service.count()).connections).toBe(connections);
  });
});

describe('a container that was re-created elsewhere', { concurrent: true, retry: 2 }, () => {
  it('is asked there from then on', async (test) => {
    const { service, probe } = await probedHttp(test);
    await service.stop();
    await sleep(100);
    expect(probe.failingSince()).toBeDefined();
    const successor = await startService('http');
    test.onTestFinished(successor.stop);
    probe.retarget({ kind: 'http', host: '127.0.0.1', port: successor.port, path: '/' });
    await sleep(150);
    expect(probe.failingSince()).toBeUndefined();
  });
});
