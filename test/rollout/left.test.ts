import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../../src/commands/commands.js';
import type { Engine } from '../../src/engines/engine.js';
import { inputsOf, type Play, quiet, setUp } from '../support/model/stage.js';

const play: Play = { names: ['web-1', 'web-2'], kind: 'plain' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-left-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

it.each<[string, ((engine: Engine) => Promise<unknown>) | undefined, string | undefined]>([
  ['runs on', undefined, undefined],
  ['has ended', (engine) => engine.stopContainer('web-1'), 'has ended'],
  ['is gone', (engine) => engine.removeContainer('web-1', { force: true }), 'was removed'],
  [
    'was started again',
    async (engine) => {
      await engine.stopContainer('web-1');
      await engine.startContainer('web-1');
    },
    'was started again',
  ],
])('of a container that runs the new version already it is said at the end that it %s', async (_, meanwhile, why) => {
  const stage = await setUp(play);
  const { engine } = stage.model;
  await engine.tagImage(stage.v2.Id, 'app:live');
  const world = {
    ...{ log: quiet, clock: stage.clock, environment: {}, signal: new AbortController().signal },
    connect: async (): Promise<Engine> => stage.engine,
  };
  const inputs = { ...inputsOf(play), scriptPath: join(folder, 'hot-deploy.sh') };
  const only = { ...inputs, containers: [{ by: 'name', name: 'web-1' } as const] };
  expect(await runCommand(only, world)).toMatchObject({ outcome: 'deployed' });
  const renameContainer: Engine['renameContainer'] = async (id, name) => {
    await stage.engine.renameContainer(id, name);
    if (name === 'web-2') await meanwhile?.(engine);
  };
  const connect = async (): Promise<Engine> => ({ ...stage.engine, renameContainer });
  const { outcome, warnings } = await runCommand(inputs, { ...world, connect });
  expect(outcome).toBe('deployed');
  expect(warnings.filter((line) => line.startsWith('web-1 was left as it is'))).toEqual(
    why === undefined ? [] : [`web-1 was left as it is, and ${why} during this run. Check the container.`],
  );
});
