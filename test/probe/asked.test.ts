import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { askedAt } from '../../src/probe/asked.js';
import { parseProbe } from '../../src/probe/target.js';
import type { ImageRelease } from '../../src/release/release.js';
import type { Fleet } from '../../src/rollout/target-update.js';
import { openTarget } from '../../src/rollout/target-update.js';
import { restartUpdate } from '../../src/strategies/recreate/index.js';

import { systemClock } from '../../src/system/log.js';

const probe = parseProbe('http://{container}:4000/health');

/** Without an address: one that has ended, or one of no network. */
const container = (running: boolean): ContainerDetails =>
  ({
    Id: 'id',
    Name: '/web-1',
    State: { Status: running ? 'running' : 'exited', Running: running, Restarting: false },
    HostConfig: { NetworkMode: 'none' },
    NetworkSettings: { Ports: {}, Networks: {} },
    Config: { Labels: null, Image: 'app:1' },
  }) as unknown as ContainerDetails;

const plan = (running: boolean) => ({
  name: 'web-1',
  update: restartUpdate({ version: '2.0.0', root: '/app' } as ImageRelease),
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
  group: async <T>(_: string, work: () => Promise<T>) => await work(),
};
const signal = new AbortController().signal;
const inputs = { probe, containers: [], mode: 'rollback', environment: 'production', canary: 1, maxParallel: 4 };

describe('a container that has no address', () => {
  it('does not answer, and is gone back with all the same', async () => {
    const runDetails = { run: '1', task: 'rollback', environment: 'production', by: 'ada', fleet: ['web-1'], to: {} };
    const down = async <T>(work: () => Promise<T>) => await work();
    const around = { engine, log, clock: systemClock, inputs, image: {}, signal, replaced: new Map(), began: 0 };
    const fleet = { ...around, runDetails, down, journal: { entries: [], write: async () => undefined } };
    const deadline = { cancelled: false, remainingMs: () => 0 };
    const target = openTarget(fleet as unknown as Fleet, plan(false) as never, deadline as never);
    const { ended } = await target.update();
    // It came as far as the engine, of which there is none here.
    expect(ended).toMatchObject({ outcome: 'refused', message: expect.stringMatching(/^web-1 was not changed: /) });
    expect(said).toContainEqual(expect.stringMatching(/^web-1 can't be probed at .*: it counts as down$/));
    expect(askedAt(probe, container(false), 'localhost', log)).toMatchObject({ kind: 'nowhere' });
  });
});
