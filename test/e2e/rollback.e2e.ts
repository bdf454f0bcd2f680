import { afterAll, describe, expect, it } from 'vitest';
import { published, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const rollBack = (name: string, options: Readonly<Record<string, string>> = {}) =>
  deployTo(name, { mode: 'rollback', ...options });

describe('a rollback', () => {
  it('goes to what is named by an image, though nothing is on record', async () => {
    const [one, two] = await Promise.all(([1, 2] as const).map((version) => image({ example: 'octochat', version })));
    const web = await start(two ?? '', await published(4040, 8080));
    const { report } = await rollBack(web.name, { to: one ?? '' });
    expect(report).toMatchObject({ outcome: 'deployed', method: 'recreate', from: '0.2.0', to: '0.1.0' });
    expect(await served(web)).toBe('0.1.0');
  });
});
