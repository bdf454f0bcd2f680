import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import {
  type Container,
  connect,
  healthy,
  type Lines,
  published,
  removeContainers,
  start,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { octochat, served } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const rollBack = async (name: string, options: Readonly<Record<string, string>> = {}) =>
  (await deployTo(name, { mode: 'rollback', ...options })).report;

const beside = async ({ name }: Container) =>
  (await docker('ps', '-a', '--format', '{{.Names}}')).split('\n').filter((each) => each.startsWith(`${name}.`));

let one: string;
let two: string;
let three: string;
beforeAll(async () => {
  [one, two, three] = (await Promise.all([
    image({ example: 'octochat', version: 1 }),
    image({ example: 'octochat', version: 2 }),
    image(octochat({ version: '0.3.0', basis: 2 })),
  ])) as [string, string, string];
});

describe('a rollback of what was deployed hot', () => {
  let web: Container;
  let client: Lines;
  beforeAll(async () => {
    web = await start(one, await published(4040, 8080));
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('is hot, rehearsed and proved: connections and state stay', async () => {
    await deployTo(web.name, { image: two });
    expect(await client.ask('PING')).toMatch('PONG 0.2.0');
    const before = await web.inspect();

    const report = await rollBack(web.name, { rehearse: 'auto' });

    expect([report.message, report.outcome]).toEqual([undefined, 'deployed']);
    expect(report).toMatchObject({ method: 'relup', from: '0.2.0', to: '0.1.0' });
    const [row] = report.containers;
    expect(row?.rehearsal).toMatchObject({ kind: 'passed' });
    expect(row?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await client.ask('PING')).toMatch('PONG 0.1.0');
    expect(await client.ask('GET arms')).toBe('8');
    expect((await web.inspect()).State.Pid).toBe(before.State.Pid);
  });

  it('is what a restart boots afterwards', async () => {
    await docker('restart', web.name);
    await healthy(web);
    expect(await served(web)).toBe('0.1.0');
  });

  it('is refused a second time, since nothing ran before: it does not go forward again by itself', async () => {
    const report = await rollBack(web.name);
    expect(report.outcome).toBe('refused');
    expect(report.message).toContain('Nothing is on record of what');
    expect(report.message).toContain('On record are 0.1.0, 0.2.0');
  });

  itNightly('goes several steps back, hot, and over a restart of the container', async () => {
    await deployTo(web.name, { image: two });
    await deployTo(web.name, { image: three });
    await docker('restart', web.name);
    await healthy(web);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 9');

    const report = await rollBack(web.name, { to: '0.1.0', rehearse: 'auto' });

    expect([report.message, report.outcome, report.method]).toEqual([undefined, 'deployed', 'relup']);
    expect(await client.ask('PING')).toMatch('PONG 0.1.0');
    expect(await client.ask('GET arms')).toBe('9');
  });

  it('to what runs changes nothing, and to what never ran is refused with what did', async () => {
    expect(await rollBack(web.name, { to: '0.1.0' })).toMatchObject({ outcome: 'unchanged' });
    const report = await rollBack(web.name, { to: '7.7.7' });
    expect(report).toMatchObject({ outcome: 'refused', message: expect.stringContaining('7.7.7 is no version') });
  });
});

describe('a rollback of what was deployed by restart', () => {
  let web: Container;
  let before: string;
  beforeAll(async () => {
    web = await start(one, [...(await published(4040, 8080)), '--restart', 'always']);
    before = (await web.inspect()).Id;
    await deployTo(web.name, { image: two, strategy: 'restart' });
  });

  it('starts the very container that ran before', async () => {
    const report = await rollBack(web.name);
    expect([report.message, report.outcome, report.method]).toEqual([undefined, 'deployed', 'recreate']);
    expect(report).toMatchObject({ from: '0.2.0', to: '0.1.0' });
    const { Id: id, HostConfig } = await web.inspect();
    expect(id).toBe(before);
    expect(HostConfig).toMatchObject({ RestartPolicy: { Name: 'always' } });
    expect(await served(web)).toBe('0.1.0');
    expect(await beside(web)).toHaveLength(1);
  });

  itNightly('goes to a version that was left behind, too, and back again by what is on record', async () => {
    expect(await rollBack(web.name, { to: '0.2.0' })).toMatchObject({ outcome: 'deployed', to: '0.2.0' });
    expect(await served(web)).toBe('0.2.0');
    expect(await rollBack(web.name, { to: '0.1.0' })).toMatchObject({ outcome: 'deployed', to: '0.1.0' });
    expect((await web.inspect()).Id).toBe(before);
  });

  itNightly('makes a new container from the image where the kept one is gone', async () => {
    await deployTo(web.name, { image: two, strategy: 'restart' });
    await docker('rm', ...(await beside(web)));
    const report = await rollBack(web.name);
    expect([report.message, report.outcome, report.method]).toEqual([undefined, 'deployed', 'recreate']);
    expect(await served(web)).toBe('0.1.0');
  });
});

describe('a rollback', () => {
  itNightly('goes to what is named by an image, though nothing is on record', async () => {
    const web = await start(two, await published(4040, 8080));
    const report = await rollBack(web.name, { to: one });
    expect(report).toMatchObject({ outcome: 'deployed', method: 'recreate', from: '0.2.0', to: '0.1.0' });
    expect(await served(web)).toBe('0.1.0');
  });

  itNightly('after a container was re-created by hand goes to what was kept, and says where nothing was', async () => {
    const ports = await published(4040, 8080);
    const web = await start(one, ports);
    await deployTo(web.name, { image: two, strategy: 'restart' });
    await docker('rm', '-f', web.name);
    await start(two, ports, [], web.name);
    const report = await rollBack(web.name);
    expect([report.message, report.outcome]).toEqual([undefined, 'deployed']);
    expect(await served(web)).toBe('0.1.0');
    await docker('rm', '-f', web.name, ...(await beside(web)));
    await start(two, ports, [], web.name);
    expect(await rollBack(web.name)).toMatchObject({ outcome: 'refused' });
  });

  itNightly('goes back by builds of one version, one after the other', async () => {
    const boot = 'CMD ["bin/octochat", "start"]';
    const again = (build: number) =>
      image({ example: 'octochat', version: 1, replace: { Dockerfile: [[boot, `ENV BUILD=${build}\n${boot}`]] } });
    const web = await start(one, await published(4040, 8080));
    const lives = [(await web.inspect()).Id];
    for (const build of [2, 3]) {
      await deployTo(web.name, { image: await again(build), strategy: 'restart' });
      lives.push((await web.inspect()).Id);
    }
    for (const life of lives.slice(0, -1).reverse()) {
      const report = await rollBack(web.name);
      expect([report.message, report.outcome]).toEqual([undefined, 'deployed']);
      expect(report.reasons).not.toEqual([]);
      expect((await web.inspect()).Id).toBe(life);
    }
    expect(new Set(lives).size).toBe(3);
  });

  itNightly('puts the older version in the place of a container that has ended', async () => {
    const web = await start(one, await published(4040, 8080));
    await deployTo(web.name, { image: two, strategy: 'restart' });
    await docker('kill', web.name);
    const report = await rollBack(web.name, { probe: 'http://{container}:8080/health' });
    expect([report.message, report.outcome]).toEqual([undefined, 'deployed']);
    expect(report.reasons.map(({ code }) => code)).toEqual(['container-stopped']);
    expect(await served(web)).toBe('0.1.0');
  });

  itNightly('is hot where the image is gone and the release is not, and refused where it takes a restart', async () => {
    const between = await image(octochat({ version: '0.2.5', basis: 2 }));
    const web = await start(one, await published(4040, 8080));
    await deployTo(web.name, { image: between });
    await deployTo(web.name, { image: three });
    await docker('rmi', between);
    try {
      const refused = await rollBack(web.name, { strategy: 'restart' });
      expect(refused.outcome).toBe('refused');
      expect(refused.message).toContain(`no longer has the image ${between} of 0.2.5`);
      const report = await rollBack(web.name);
      expect([report.message, report.outcome, report.method]).toEqual([undefined, 'deployed', 'relup']);
      expect(report.warnings.join()).toContain('no longer has the image');
      expect(await served(web)).toBe('0.2.5');
    } finally {
      await docker('tag', one, between);
    }
  });

  itNightly('moves the tag back that the deploy has moved, and no other', async () => {
    const tag = `hd-test-rollback:${process.pid}`;
    await docker('tag', one, tag);
    try {
      const web = await start(tag, await published(4040, 8080));
      await docker('tag', two, `${tag}-next`);
      await docker('tag', two, tag);
      await deployTo(web.name, { image: tag });
      await rollBack(web.name);
      const id = async (name: string) => await docker('image', 'inspect', '-f', '{{.Id}}', name);
      expect(await id(tag)).toBe(await id(one));
      expect(await id(`${tag}-next`)).toBe(await id(two));
    } finally {
      await docker('rmi', tag, `${tag}-next`);
    }
  });

  itNightly('asked for a dry run says the way and goes none', async () => {
    const web = await start(one, await published(4040, 8080));
    await deployTo(web.name, { image: two });
    expect(await rollBack(web.name, { 'dry-run': 'true' })).toMatchObject({
      outcome: 'planned',
      method: 'relup',
      from: '0.2.0',
      to: '0.1.0',
    });
    expect(await served(web)).toBe('0.2.0');
  });
});
