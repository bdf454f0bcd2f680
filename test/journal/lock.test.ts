import { expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { acquireLock } from '../../src/journal/lock.js';
import { Refusal } from '../../src/reasons/refusal.js';

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
