import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handle, healthy, removeContainers, start, unused } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';

/** The words of `docker compose` on this machine; undefined if there is none, and its rule is played then. */
async function composeHere(): Promise<readonly string[] | undefined> {
  const all = [['docker', 'compose'], ['docker-compose'], ['out/tools/docker-compose']] as const;
  for (const [program, ...words] of all) {
    const { stdout } = await promisify(execFile)(program, [...words, 'version', '--short']).catch(() => ({
      stdout: '',
    }));
    if (/^v?[2-9]\./.test(stdout)) return [program, ...words];
  }
  return undefined;
}

const name = unused();
const project = `${name}-shop`;
const web = handle(name);
const live = `${name}:live`;
const labels = {
  'com.docker.compose.project': project,
  'com.docker.compose.service': 'web',
  'com.docker.compose.oneoff': 'False',
  'com.docker.compose.config-hash': 'hash',
};

let folder: string;
let compose: readonly string[] | undefined;
let v1: string;
let v2: string;

const idOf = (reference: string) => docker('image', 'inspect', '--format', '{{.Id}}', reference);

async function run(...words: readonly string[]): Promise<void> {
  const [program = '', ...rest] = compose ?? [];
  await promisify(execFile)(program, [...rest, '-p', project, '-f', join(folder, 'compose.yml'), ...words]);
}

/** `docker compose up --detach`, or what it would do: https://github.com/docker/compose/blob/v2.26.1/pkg/compose/convergence.go */
async function up(): Promise<string> {
  if (compose !== undefined) await run('up', '--detach');
  else {
    const now = await web.inspect().catch(() => undefined);
    const its = (now?.Config['Labels'] ?? {}) as Readonly<Record<string, string>>;
    const named = await idOf(live);
    const isSame = Object.entries(labels).every(([key, value]) => its[key] === value);
    if (now === undefined || !isSame || its['com.docker.compose.image'] !== named) {
      if (now !== undefined) await docker('rm', '-f', name);
      const words = Object.entries({ ...labels, 'com.docker.compose.image': named }).map(
        ([key, value]) => `${key}=${value}`,
      );
      await start(
        live,
        words.flatMap((word) => ['--label', word]),
        [],
        name,
      );
    }
  }
  await healthy(web);
  return (await web.inspect()).Id;
}

beforeAll(async () => {
  compose = await composeHere();
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-compose-'));
  v1 = await image({ example: 'octochat', version: 1, debian: 'bookworm' });
  v2 = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
  await docker('tag', v1, live);
  const service = { image: live, container_name: name, ports: ['127.0.0.1::4040', '127.0.0.1::8080'] };
  await writeFile(join(folder, 'compose.yml'), JSON.stringify({ services: { web: service } }));
});
afterAll(async () => {
  if (compose !== undefined && folder) await run('down', '--volumes', '--timeout', '1').catch(() => undefined);
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
  const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`.replace(project, `${project}-pinned`));
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
