import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import type { RunningProbe } from '../../src/probe/probe.js';
import type { UpdateContext } from '../../src/strategies/context.js';
import { lifeOf, soak } from '../../src/strategies/soak.js';

interface World {
  /** What the engine says of the container, by the time; undefined where it is gone. */
  readonly container?: (now: number) => object | undefined;
  readonly probe?: Partial<RunningProbe>;
  readonly soakMs?: number;
  readonly cancelledAt?: number;
  /** The exit code of the HEALTHCHECK, by the time. */
  readonly check?: (now: number) => number;
}

async function watched({ container = () => ({}), probe, soakMs = 10_000, cancelledAt, check }: World) {
  let now = 0;
  const cancel = new AbortController();
  const details = () => {
    const { State = {}, ...more } = (container(now) ?? {}) as { State?: object };
    const its = {
      Id: 'c0',
      RestartCount: 0,
      Config: { Env: [], ...(check && { Healthcheck: { Test: ['CMD', 'check'] } }) },
    };
    const state = { Running: true, StartedAt: 'then', ExitCode: 1, ...State };
    return { ...its, ...more, State: state } as unknown as ContainerDetails;
  };
  const engine: Partial<Engine> = {
    findContainer: async () => (container(now) === undefined ? undefined : details()),
    logs: async () => 'no licence',
    exec: async () => ({ exitCode: check?.(now) ?? 0, stdout: Buffer.alloc(0), stderr: Buffer.from('status 500') }),
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
      if (cancelledAt !== undefined && now >= cancelledAt) cancel.abort();
      // Two poll here, each in its own time.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const well = { kind: 'http', intervalMs: 10, failingSince: () => undefined, unanswered: () => 'status 500' };
  const none = { failedShare: () => ({ sent: 100, failed: 0, before: 0 }) };
  const work = {
    ...{ engine, clock, signal: cancel.signal, inputs: { soakMs } },
    ...(probe && { probe: { ...well, ...none, ...probe } }),
  };
  const why = await soak(work as unknown as UpdateContext, 'c0', lifeOf(details()));
  return { why, took: now };
}

describe('while a new version is watched', () => {
  it('it is well if it stays up and answers, and takes no longer than it is to', async () => {
    expect(await watched({ probe: {} })).toEqual({ why: undefined, took: 10_000 });
    expect(await watched({ soakMs: 0 })).toEqual({ why: undefined, took: 0 });
  });

  it.each<[string, World, RegExp]>([
    [
      'its container ends',
      { container: (now) => ({ State: { Running: now < 4_000 } }) },
      /ended with exit code 1; the end of its log:\n“no licence”/,
    ],
    [
      'its policy has started it again',
      { container: (now) => ({ RestartCount: now < 4_000 ? 0 : 1 }) },
      /did not stay up: .*restart policy/,
    ],
    ['it waits for its policy', { container: (now) => ({ State: { Restarting: now > 4_000 } }) }, /did not stay up/],
    [
      'it is out of memory',
      { container: (now) => ({ State: { Running: now < 4_000, OOMKilled: true } }) },
      /memory limit was too low/,
    ],
    ['the engine removed it', { container: (now) => (now < 4_000 ? {} : undefined) }, /has --rm/],
    [
      'somebody restarts it',
      { container: (now) => ({ State: { StartedAt: now < 4_000 ? 'then' : 'now' } }) },
      /restarted by somebody/,
    ],
    [
      'the engine calls it unhealthy',
      { container: (now) => ({ State: { Health: { Status: now < 4_000 ? 'starting' : 'unhealthy' } } }) },
      /HEALTHCHECK fails/,
    ],
    [
      'its HEALTHCHECK fails again and again, though the engine does not ask',
      { check: (now) => (now < 4_000 ? 0 : 1) },
      /HEALTHCHECK failed 3 times in a row \(“status 500”\)/,
    ],
    ['the probe fails', { probe: { failingSince: () => 4_000 } }, /the probe has failed for .* s \(status 500\)/],
    [
      'many requests fail',
      { probe: { failedShare: () => ({ sent: 900, failed: 300, before: 0 }) } },
      /^300 of 900 requests/,
    ],
    ['the run is cancelled', { cancelledAt: 4_000 }, /cancelled before/],
  ])('it is not if %s', async (_, world, why) => {
    const found = await watched(world);
    expect(found.why).toMatch(why);
    expect(found.took).toBeLessThanOrEqual(10_000);
  });

  it.each<[string, World]>([
    ['its HEALTHCHECK fails once', { check: (now) => (now > 4_000 && now < 5_500 ? 1 : 0) }],
    ['a few requests fail', { probe: { failedShare: () => ({ sent: 900, failed: 5, before: 0 }) } }],
    ['it was worse before', { probe: { failedShare: () => ({ sent: 100, failed: 30, before: 0.5 }) } }],
    ['the engine has no verdict yet', { probe: { kind: 'docker', failingSince: () => 0 } }],
  ])('it is if %s', async (_, world) => {
    expect((await watched(world)).why).toBeUndefined();
  });

  it('gives no verdict while the probe fails: it waits for what comes of it', async () => {
    let now = 0;
    const late = { failingSince: () => (now > 0 ? 9_500 : undefined) };
    const probe = { ...late, intervalMs: 10 };
    now = 1;
    const found = await watched({ probe });
    expect(found.why).toMatch(/the probe has failed for 1\.\d s/);
    expect(found.took).toBeGreaterThan(10_000);
  });

  it('what was unhealthy before is not made so by the deploy', async () => {
    const sick = () => ({ State: { Health: { Status: 'unhealthy' } } });
    expect((await watched({ container: sick, check: () => 1 })).why).toBeUndefined();
  });
});
