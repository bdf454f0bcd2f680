import { describe, expect, it } from 'vitest';
import { carryOut } from '../../src/carry-out.js';
import type { ContainerDetails } from '../../src/docker/details.js';
import type { Engine } from '../../src/docker/engine.js';
import { systemClock } from '../../src/log.js';
import { parseProbe } from '../../src/probe/target.js';
import { Refusal } from '../../src/refusal.js';
import type { Decided } from '../../src/reporting.js';
import { askedAt } from '../../src/rollout/asked.js';
import { carryOut as carryOutOne } from '../../src/rollout/one.js';
import type { Fleet } from '../../src/rollout/run.js';

const probe = parseProbe('http://{container}:4000/health');

/** Without an address: one that has ended, or one of no network. */
const container = (running: boolean): ContainerDetails =>
  ({
    Id: 'id',
    Name: '/web-1',
    State: { Status: running ? 'running' : 'exited', Running: running, Restarting: false },
    HostConfig: { NetworkMode: 'none' },
    NetworkSettings: { Ports: {}, Networks: {} },
  }) as unknown as ContainerDetails;

const plan = (running: boolean) => ({
  name: 'web-1',
  method: 'recreate',
  container: container(running),
  oldImage: { Config: {} },
  reasons: [],
});

const engine = new Proxy({ host: 'localhost' } as Engine, {
  get: (known, name) =>
    name in known
      ? known.host
      : async () => {
          throw new Error('the engine was asked');
        },
});
const said: string[] = [];
const log = {
  info: () => undefined,
  output: () => undefined,
  warning: (line: string) => void said.push(line),
  debug: () => undefined,
  mask: () => undefined,
  group: async <T>(_: string, work: () => Promise<T>) => await work(),
};
const signal = new AbortController().signal;
const inputs = { probe, mode: 'rollback', environment: 'production', canary: 1, maxParallel: 4 };

describe('a container that has no address', () => {
  it('is refused before anything changes where it runs', async () => {
    const world = { log, clock: systemClock, signal, environment: {} };
    const run = { id: '1', holder: { by: 'ada' } };
    const fleet = [plan(false), plan(true)];
    const decided = { inputs, world, run, image: {}, next: {}, plans: fleet, began: 0 } as unknown as Decided;
    const refusal = carryOut(engine, decided);
    await expect(refusal).rejects.toBeInstanceOf(Refusal);
    await expect(refusal).rejects.toThrow("web-1 can't be probed at {container}:4000");
  });

  it('is not asked where it has ended, and is gone back with all the same', async () => {
    const errand = { run: '1', task: 'rollback', environment: 'production', by: 'ada', fleet: ['web-1'], to: {} };
    const fleet = { engine, log, clock: systemClock, inputs, image: {}, signal, replaced: new Map(), began: 0, errand };
    const haste = { cancelled: false, leftMs: () => 0 };
    const { ended } = await carryOutOne(fleet as unknown as Fleet, plan(false) as never, haste as never);
    // It came as far as the engine, of which there is none here.
    expect(ended).toMatchObject({ outcome: 'refused', message: expect.stringMatching(/^web-1 was not changed: /) });
    expect(said).toContainEqual(expect.stringMatching(/^web-1 can't be probed at .*: its downtime is not measured$/));
    expect(askedAt(probe, container(false), 'localhost', log)).toBeUndefined();
  });
});
