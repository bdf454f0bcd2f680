import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeProject, composeProject } from '../support/world/compose.js';
import { handle, healthy, removeContainers, start, unused } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';

const name = unused();
const project = `${name}-shop`;
const web = handle(name);
const live = `${name}:live`;
let folder: string;
let shop: ComposeProject | undefined;
let v1: string;
let v2: string;

const idOf = (reference: string) => docker('image', 'inspect', '--format', '{{.Id}}', reference);

async function up(): Promise<string> {
  await shop?.up();
  await healthy(web);
  return (await web.inspect()).Id;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-compose-'));
  v1 = await image({ example: 'octochat', version: 1, debian: 'bookworm' });
  v2 = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
  await docker('tag', v1, live);
  const service = { image: live, container_name: name, ports: ['127.0.0.1::4040', '127.0.0.1::8080'] };
  await writeFile(join(folder, 'compose.yml'), JSON.stringify({ services: { web: service } }));
  shop = await composeProject(folder, { project, name, live });
});
afterAll(async () => {
  await shop?.down();
  await removeContainers();
  await docker('rmi', '-f', '--no-prune', live).catch(() => undefined);
  await removeImages();
  if (folder) await rm(folder, { recursive: true });
});

describe('a service of compose that is made from a channel tag', () => {
  const selector = `compose:${project}/web`;

  it('runs the new version also after `docker compose up`: re-created once after a hot load, as was said', async () => {
    const first = await up();
    const { report, log } = await deployTo(selector, { image: v2 });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.2.0' });
    expect(report.warnings).toContain(
      `${name} was upgraded hot: the next \`docker compose up\` re-creates the service web once, on 0.2.0, which ${live} names now.`,
    );
    expect(report.reasons.map(({ code }) => code)).not.toContain('compose-image-differs');
    expect(await idOf(live)).toBe(await idOf(v2));
    expect((await web.inspect()).Id).toBe(first);
    const second = await up();
    expect(second).not.toBe(first);
    expect(await served(web)).toBe('0.2.0');
    expect(await up()).toBe(second);
  });

  it('is left as it is by `docker compose up` after a restart, and after a second one', async () => {
    for (const [to, version] of [
      [v1, '0.1.0'],
      [v2, '0.2.0'],
    ] as const) {
      const { report, log } = await deployTo(selector, { image: to, strategy: 'restart' });
      expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate', to: version });
      expect(report.warnings.join()).not.toContain('docker compose up');
      expect(await idOf(live)).toBe(await idOf(to));
      const { Id: id } = await web.inspect();
      expect(await up()).toBe(id);
      expect(await served(web)).toBe(version);
    }
  });
});

it('one that is made from a version is planned with the line to change, and its tag stays', async () => {
  const pinned = `${name}:1.0.0`;
  await docker('tag', v1, pinned);
  const words = [`com.docker.compose.project=${project}-pinned`, 'com.docker.compose.service=web'];
  const own = await start(
    pinned,
    words.flatMap((word) => ['--label', word]),
  );
  const { report } = await deployTo(own.name, { image: v2, mode: 'plan' });
  expect(report).toMatchObject({ outcome: 'planned', method: 'relup' });
  expect(report.reasons).toMatchObject([
    { code: 'compose-image-differs', subject: 'web', message: expect.stringContaining(`image: ${v2}`), blocks: [] },
  ]);
  expect(await idOf(pinned)).toBe(await idOf(v1));
  await docker('rmi', '--no-prune', pinned).catch(() => undefined);
});
