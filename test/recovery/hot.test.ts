import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { recoverUpgrade } from '../../src/hot-load/recover.js';
import type { Entry } from '../../src/journal/entry.js';
import type { UpdateContext } from '../../src/strategies/context.js';

it('starts a container again that a stop ends while its node is asked', async () => {
  let now = 0;
  let starts = 0;
  const details = () =>
    ({
      ...{ Id: 'a'.repeat(64), Name: '/web', RestartCount: 0, Mounts: [], HostConfig: {} },
      State: { Running: starts > 0 || now < 5_000, Status: 'running', ExitCode: 0 },
      Config: { Image: 'app:1', Env: [], Labels: {} },
    }) as unknown as ContainerDetails;
  const silent = { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const engine: Partial<Engine> = {
    findContainer: async () => details(),
    inspectContainer: async () => details(),
    exec: async () => silent,
    startContainer: async () => {
      starts += 1;
    },
  };
  const work = {
    ...{ engine, inputs: {}, log: { info: () => undefined, debug: () => undefined } },
    clock: {
      now: () => now,
      date: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    },
  } as unknown as UpdateContext;
  const last = { step: 'bring-back', from: { image: 'sha256:1', version: '1.0.0' }, to: { image: 'sha256:2' } };
  const repaired = await recoverUpgrade(work, details(), last as unknown as Entry, 'undo');
  // Its node says nothing here, so a person is told to look, at one that runs.
  expect(repaired).toMatchObject({ kind: 'failed', why: 'its node does not say what it runs' });
  expect(starts).toBe(1);
});
