import { afterAll, expect, it } from 'vitest';
import { removeContainers, start, unused } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** The script that is handed around: build, find by name, stop, run. */
async function byHand(name: string, next: string): Promise<readonly string[]> {
  const found = (await docker('ps', '-q', '--no-trunc', '-f', `name=${name}`)).split('\n').filter(Boolean);
  if (found.length > 0) await docker('stop', '-t', '5', ...found);
  await docker('run', '-d', '--name', name, next);
  return found;
}

it('docker by hand stops whoever has a name like it, and fails the second time; hot-deploy takes the one that is meant', async () => {
  const name = unused();
  const [old, next] = [
    await image({ example: 'octochat', version: 1 }),
    await image({ example: 'octochat', version: 2 }),
  ];
  const web = await start(old, ['--env', 'GREETING=hello'], [], name);
  const other = await start(old, [], [], `${name}-2`);
  const { Id: otherId } = await other.inspect();

  await expect(byHand(name, next)).rejects.toThrow(/is already in use by container/);
  expect((await other.inspect()).State.Status).toBe('exited');
  expect((await web.inspect()).State.Status).toBe('exited');

  await docker('start', name, other.name);
  const { report, log } = await deployTo(name, { image: next, strategy: 'restart' });
  expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
  expect((await web.inspect()).Config['Env']).toContain('GREETING=hello');
  expect(await other.inspect()).toMatchObject({ Id: otherId, State: { Status: 'running' } });
});
