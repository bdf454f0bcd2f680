import { expect, it } from 'vitest';
import { readManifest } from '../../src/hot-load/stored-manifest.js';
import { setUp } from '../support/model/stage.js';

const manifest = '/app/releases/2/hot-deploy.json';
const sums = '/app/releases/2/hot-deploy.sha256';

/** What is read of the way that a deploy has left in a container, once somebody has been at it. */
async function read(change: (disk: ReturnType<Awaited<ReturnType<typeof setUp>>['model']['inside']>['disk']) => void) {
  const { model } = await setUp({ names: ['web'], kind: 'plain', hot: { task: 'rollback' } });
  change(model.inside('web').disk);
  return await readManifest(model.engine, 'web', '/app', '2');
}

it('the way that a deploy has left is read as long as it is what the deploy has left', async () => {
  expect(await read(() => undefined)).toMatchObject({ kind: 'stored', way: { from: '1', to: '2' } });
  expect(await read((disk) => disk.remove(manifest))).toEqual({ kind: 'none' });
});

it.each<[string, (text: string) => string]>([
  ['another release', (text) => text.replace('"app"', '"api"')],
  ['other modules', (text) => text.replace('app_web', 'app_wab')],
])('one that was written over with %s is damaged', async (_, change) => {
  const found = await read((disk) => disk.write(manifest, change(String(disk.read(manifest)))));
  expect(found).toMatchObject({ kind: 'damaged', why: expect.stringContaining('is not what') });
});

it('one without its file of digests is damaged', async () => {
  expect(await read((disk) => disk.remove(sums))).toMatchObject({ kind: 'damaged' });
});
