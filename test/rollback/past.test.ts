import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import type { Version } from '../../src/journal/entry.js';
import { Refusal } from '../../src/reasons/refusal.js';
import { type Kept, keptAs, readHistory } from '../../src/rollback/history.js';

const kept = (ran: Version): Kept => ({ container: { Id: ran.image } as ContainerDetails, ran });

const built = { version: '1.0.0', image: 'sha256:1' };
const builtAgain = { version: '1.0.0', image: 'sha256:1b' };

it('of two builds of one version the one that is meant is started again, and not the one that was just left', () => {
  const earlier = [kept(builtAgain), kept(built)];
  expect(keptAs(earlier, built)?.ran).toEqual(built);
  expect(keptAs(earlier, builtAgain)?.ran).toEqual(builtAgain);
});

it('no other build stands in for one that is not kept any more', () => {
  expect(keptAs([kept(builtAgain)], built)).toBeUndefined();
  expect(keptAs([kept({ image: 'sha256:1' })], built)).toBeUndefined();
});

it('a container that is paused is refused with what to do: it can neither be asked nor has it ended', async () => {
  const engine: Partial<Engine> = {
    exec: async () => Promise.reject(new Error('Container web is paused, unpause the container before exec')),
  };
  const paused = { Name: '/web', State: { Running: true, Paused: true, Status: 'paused' } } as ContainerDetails;
  await expect(readHistory(engine as Engine, paused, {})).rejects.toThrow(Refusal);
  await expect(readHistory(engine as Engine, paused, {})).rejects.toThrow('docker unpause web');
});
