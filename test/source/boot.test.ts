import { expect, it } from 'vitest';
import type { Inputs } from '../../src/config/inputs.js';
import type { Engine } from '../../src/engines/engine.js';
import { bootFromImage } from '../../src/source/boot.js';
import { type Log, systemClock } from '../../src/system/log.js';

const image = { name: 'shop:1', id: 'sha256:1', comparedWith: { what: 'image', image: 'shop:1' } } as const;

it('what cannot be tidied up is a warning, and no other verdict', async () => {
  const warnings: string[] = [];
  const engine = {
    createContainer: async () => 'id',
    startContainer: async () => {
      throw new Error('no such file: /app/bin/shop');
    },
    removeContainer: async () => {
      throw new Error('the engine is busy');
    },
  } as unknown as Engine;
  const log = { warning: (line: string) => void warnings.push(line) } as unknown as Log;
  const world = { clock: systemClock, log, signal: new AbortController().signal };
  const booted = bootFromImage(engine, image, { rehearseEnv: [] } as unknown as Inputs, world);
  await expect(booted).rejects.toThrow(/^shop:1 does not boot on its own, .*no such file: \/app\/bin\/shop/);
  expect(warnings).toEqual([expect.stringMatching(/^A throw-away container was left.*: the engine is busy$/)]);
});
