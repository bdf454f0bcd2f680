import { expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { acquireLock } from '../../src/journal/lock.js';
import { lockName, lockSpec } from '../../src/journal/lock-labels.js';
import { Refusal } from '../../src/reasons/refusal.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';

it.each([0, 600_000])(
  'a name that the engine gives to nobody is waited for so long and no longer: %i ms',
  async (timeoutMs) => {
    let now = 0;
    const engine: Partial<Engine> = {
      findContainer: async () => undefined,
      createContainer: async () =>
        Promise.reject(Object.assign(new Error('The name is already in use'), { statusCode: 409 })),
    };
    const pass = async (ms: number) => {
      now += ms;
      if (now > 3_600_000) throw new Error('it waits for ever');
    };
    const taken = acquireLock(engine as Engine, {
      ...{ environment: 'production', run: { id: 'run', nonce: 'n', holder: { by: 'ada' }, startedAt: '' }, timeoutMs },
      image: { Id: 'sha256:1', Config: {} } as ImageDetails,
      clock: { now: () => now, date: () => now, sleep: pass },
      log: { info: () => undefined } as unknown as Parameters<typeof acquireLock>[1]['log'],
      signal: new AbortController().signal,
    });
    await expect(taken).rejects.toThrow(Refusal);
    await expect(taken).rejects.toThrow('The name is already in use');
    expect(now).toBeGreaterThanOrEqual(timeoutMs);
    expect(now).toBeLessThan(timeoutMs + 30_000);
  },
);

it('a container that runs is no lock, whatever its name and labels are, and is left alone', async () => {
  const clock = modelClock();
  const { engine, image, run } = modelEngine(clock);
  const { Id: id } = image('app:1', { program: {} });
  const wanted = { id: 'run', nonce: 'n', holder: { by: 'ada' }, startedAt: '' };
  const { Labels } = lockSpec('production', { ...wanted, id: 'other' }, '', { Id: id, Config: {} } as ImageDetails);
  const { Id: theirs } = await run(lockName('production'), { Image: id, Labels });
  const taken = acquireLock(engine, {
    ...{ environment: 'production', run: wanted, timeoutMs: 600_000, clock },
    image: { Id: id, Config: {} } as ImageDetails,
    log: { info: () => undefined } as unknown as Parameters<typeof acquireLock>[1]['log'],
    signal: new AbortController().signal,
  });
  await expect(taken).rejects.toThrow('belongs to a container that is no lock of hot-deploy, so it is left alone');
  expect((await engine.findContainer(lockName('production')))?.Id).toBe(theirs);
});
