import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { describeNightly } from '../support/nightly.js';
import { hotDeploy } from '../support/world/command.js';
import {
  type Container,
  connect,
  healthy,
  type Lines,
  removeContainers,
  start,
  unused,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { context, docker, image, removeImages } from '../support/world/images.js';
import { files } from '../support/world/inside.js';
import { octochat, served } from '../support/world/octochat.js';

/** A version that serves everywhere but where OCTOCHAT_MOOD says otherwise: it is unhealthy there, or does not boot. */
const moody = octochat({
  version: '0.2.1',
  basis: 2,
  replace: {
    'apps/octochat/lib/octochat/endpoint.ex': [
      [
        '{"200 OK", "text/plain", "ok"}',
        'if System.get_env("OCTOCHAT_MOOD") == "ill", do: exit(:ill)\n    {"200 OK", "text/plain", "ok"}',
      ],
    ],
    'config/runtime.exs': [
      ['import Config', 'import Config\n\nif System.get_env("OCTOCHAT_MOOD") == "dead", do: raise("no")'],
    ],
  },
});

const tag = `hot-deploy-test:${unused('moody')}`;
let folder: string;
let old: string;

beforeAll(async () => {
  await docker('tag', await image({ example: 'octochat', version: 2, debian: 'bookworm' }), tag);
  old = await imageOf(tag);
  folder = await context(moody);
});

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
  await docker('rmi', '-f', tag);
  await rm(dirname(folder), { recursive: true });
});

const imageOf = (reference: string) => docker('inspect', '--type', 'image', '-f', '{{.Id}}', reference);
const moods = (mood: string) => ['-e', `OCTOCHAT_MOOD=${mood}`];

/** Builds the new version and deploys it to one container after the other, as `tag`. */
async function roll(containers: readonly Container[], more: Readonly<Record<string, string>> = {}): Promise<Report> {
  const options = {
    image: tag,
    build: 'true',
    context: folder,
    'build-args': 'DEBIAN=bookworm',
    canary: '1',
    'max-parallel': '1',
  };
  const { report } = await deployTo(
    containers.map(({ name }) => name),
    { ...options, probe: 'http://{container}:8080/health', ...more },
  );
  return report;
}

describe.each([
  { strategy: 'auto', mood: 'ill', method: 'relup' },
  { strategy: 'restart', mood: 'dead', method: 'recreate' },
])('a fleet whose second container fails, by $method', ({ strategy, mood, method }) => {
  it('runs the old version again: the canary went first and goes back, the third was never touched, the tag stays', async () => {
    const all = await Promise.all([[], moods(mood), []].map((args) => start(tag, args)));
    const [canary, second, third] = all as [Container, Container, Container];
    const clients = await Promise.all(all.map(async (each) => await connect(await each.port(4040))));
    const ping = () => Promise.all(clients.map((each: Lines) => each.ask('PING')));
    expect(await ping()).toEqual(all.map(() => 'PONG 0.2.0 1'));
    const before = { third: await third.inspect(), files: await files(third) };

    const report = await roll(all, { strategy });

    expect(report).toMatchObject({ outcome: 'rolled-back', method, from: '0.2.0', to: '0.2.1' });
    expect(report.containers.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rolled-back', 'refused']);
    const order = new Set(report.timeline.map((event) => event.container));
    expect([...order]).toEqual([canary.name, second.name]);
    expect(await Promise.all(all.map(served))).toEqual(['0.2.0', '0.2.0', '0.2.0']);
    expect(await imageOf(tag)).toBe(old);
    expect(await Promise.all(all.map(async (each) => (await each.inspect()).Image))).toEqual([old, old, old]);
    if (method === 'relup') {
      // Nobody was disconnected on the way there and back, and a restart finds nothing but the old version.
      expect(await ping()).toEqual(all.map(() => 'PONG 0.2.0 2'));
      expect(await canary.exec('ls', 'releases')).not.toContain('0.2.1');
    }
    expect(await third.inspect()).toMatchObject({
      Id: before.third.Id,
      State: { StartedAt: before.third.State.StartedAt },
    });
    expect(await files(third)).toEqual(before.files);
    const named = await docker('ps', '-a', '--format', '{{.Names}}', '--filter', 'name=hot-deploy-');
    expect(named.split('\n').filter((name) => all.some((each) => name.startsWith(each.name)))).toEqual([]);
  });
});

describeNightly('on-failure stop', () => {
  it('leaves the new code as it is for a person to look, and not permanent: a restart boots the old one', async () => {
    const [web, next] = [await start(tag, moods('ill')), await image(moody)];
    const words = ['--containers', web.name, '--image', next, '--no-build', '--on-failure', 'stop', '--soak', '1s'];
    const ran = await hotDeploy(['deploy', ...words, '--probe', 'http://{container}:8080/health']);
    expect(ran).toMatchObject({ code: 4, report: { outcome: 'failed', method: 'relup' } });
    expect(ran.report?.message).toMatch(/the probe has failed for .* It was left as it is, since on-failure is stop/);
    expect(await served(web)).toBe('0.2.1');
    await docker('restart', web.name);
    await healthy(web);
    expect(await served(web)).toBe('0.2.0');
  });
});

describe('the tag', () => {
  it('moves when all containers run what it is to name, and not for a plan', async () => {
    const fleet = [await start(tag), await start(tag)];
    const planned = await roll(fleet, { mode: 'plan' });
    expect(planned).toMatchObject({ outcome: 'planned', method: 'relup' });
    expect(await imageOf(tag)).toBe(old);

    const report = await roll(fleet);

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', image: { reference: tag, previousId: old } });
    expect(await imageOf(tag)).toBe(report.image?.id);
    expect(report.image?.id).not.toBe(old);
    expect(await Promise.all(fleet.map(served))).toEqual(['0.2.1', '0.2.1']);
    expect(await served(await start(tag))).toBe('0.2.1');
  });
});
