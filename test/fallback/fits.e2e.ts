import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../src/engines/connect.js';
import type { Engine } from '../../src/engines/engine.js';
import { describeNightly, itNightly } from '../support/nightly.js';
import { type Container, connect, published, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';
import { interrupted } from './interrupted.js';
import { removeScripts, type Scripted, scripted } from './scripted.js';

let engine: Engine;
let one: string;
let two: string;
let bundle: string;
const folder = mkdtempSync(join(tmpdir(), 'hot-deploy-fits-'));
const path = join(folder, 'bundle.tar.gz');

beforeAll(async () => {
  engine = await connectEngine(process.env);
  one = await image({ example: 'octochat', version: 1 });
  two = await image({ example: 'octochat', version: 2 });
  // One is made for all containers that run the same.
  const { name } = await start(one);
  const { report, log } = await deployTo(name, { mode: 'plan', image: two, 'bundle-path': path });
  expect(report.method, log).toBe('relup');
  await docker('rm', '-f', name);
});
afterEach(() => removeContainers());
afterAll(async () => {
  await removeScripts();
  await removeImages();
  await rm(folder, { recursive: true, force: true });
});

/** The script of a container, and what hot-deploy itself does under the same lock. */
async function both(web: Container): Promise<{ script: Scripted; node: typeof deployTo }> {
  const script = await scripted(engine, [web.name], { image: two, environment: web.name, soakMs: 500 });
  bundle = await script.own(path);
  const node: typeof deployTo = (container, options) => deployTo(container, { environment: web.name, ...options });
  return { script, node };
}

describe('what the script has loaded hot', () => {
  const begun = async () => {
    const web = await start(one);
    const client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
    return { web, client, ...(await both(web)), pid: (await web.inspect()).State.Pid };
  };

  it('is told by status', async () => {
    const { web, script, node, client } = await begun();
    const dry = await script.run('hot', bundle, '--dry-run');
    expect(dry, dry.stderr).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain(`${web.name}:/app/releases`);
    expect(dry.stdout).toContain('hot-deploy-stage-ID/releases/0.2.0');
    expect(await client.ask('PING')).toMatch('PONG 0.1.0');

    const ran = await script.run('hot', bundle);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await client.ask('PING')).toMatch('PONG 0.2.0');
    const { report: told } = await node(web.name, { mode: 'status', image: two });
    expect(told.containers).toMatchObject([{ drift: { state: 'equal' } }]);
    client.close();
  });

  itNightly('goes back hot by a rollback, and comes again by a deploy: one connection, one VM', async () => {
    const { web, script, node, client, pid } = await begun();
    expect(await script.run('hot', bundle)).toMatchObject({ code: 0 });
    const { report: back, log } = await node(web.name, { mode: 'rollback' });
    expect(back, log).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.2.0', to: '0.1.0' });
    expect(back.recovered ?? []).toEqual([]);
    expect(await client.ask('PING')).toMatch('PONG 0.1.0');

    const { report: again, log: lines } = await node(web.name, { image: two });
    expect(again, lines).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.2.0' });
    expect(await client.ask('GET arms')).toBe('8');
    expect((await web.inspect()).State.Pid).toBe(pid);
    expect(client.lost).toBe(false);
    client.close();
  });
});

// Each step is written down before it is carried out: staged, switched, settled, done.
const notes = '*:/journal-*/0*';
const resolving = '*/start_clean*';
const points = [
  { what: 'right after the switch', among: resolving, at: 1 },
  { what: 'before the files are brought', among: notes, at: 1 },
  { what: 'before the switch', among: notes, at: 2 },
  { what: 'before it is made permanent', among: notes, at: 3 },
];

describeNightly.each(points)('killed $what', ({ among, at }) => {
  it('it is recovered by the next run of hot-deploy', async () => {
    const web = await start(one);
    const { script, node } = await both(web);
    const client = await connect(await web.port(4040));
    expect(await interrupted(script, ['hot', bundle], { signal: 'KILL', at, when: 'after', among })).toMatchObject({
      reached: true,
    });
    const status = await script.run('status');
    expect(status.stdout).toContain('an earlier run was cut off at the step');

    const { report, log } = await node(web.name, { image: two });
    expect(report.recovered, log).toHaveLength(1);
    expect(['deployed', 'unchanged'], log).toContain(report.outcome);
    expect(await client.ask('PING')).toMatch('PONG 0.2.0');
    expect(client.lost).toBe(false);
    client.close();
    const { report: back } = await node(web.name, { mode: 'rollback' });
    expect(back).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
  });

  itNightly('it is recovered by the next run of the script, too', async () => {
    const web = await start(one);
    const { script, node } = await both(web);
    const client = await connect(await web.port(4040));
    await interrupted(script, ['hot', bundle], { signal: 'KILL', at, when: 'after', among });
    const again = await script.run('hot', bundle);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(again.stderr).toContain('an earlier run was cut off at the step');
    expect(await client.ask('PING')).toMatch('PONG 0.2.0');
    expect(client.lost).toBe(false);
    client.close();
    expect((await script.run('status')).stdout).not.toContain('cut off');
    const { report: back } = await node(web.name, { mode: 'rollback' });
    expect(back).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
    expect(back.recovered ?? []).toEqual([]);
  });
});

itNightly(
  'what the script has put in place by a restart, a rollback of hot-deploy takes back, and the other way round',
  async () => {
    const web = await start(one, await published(4040, 8080));
    const { Id: first } = await web.inspect();
    const { script, node } = await both(web);

    const ran = await script.run('deploy');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await served(web)).toBe('0.2.0');
    const { report: back, log } = await node(web.name, { mode: 'rollback' });
    expect(back, log).toMatchObject({ outcome: 'deployed', method: 'recreate', from: '0.2.0', to: '0.1.0' });
    expect((await web.inspect()).Id).toBe(first);

    const { report: up } = await node(web.name, { image: two, strategy: 'restart' });
    expect(up).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    const down = await script.run('rollback');
    expect(down, down.stderr).toMatchObject({ code: 0 });
    expect((await web.inspect()).Id).toBe(first);
    expect(await served(web)).toBe('0.1.0');

    // Nothing ran before that, and nothing is left to finish.
    const { report: nothing } = await node(web.name, { mode: 'rollback' });
    expect(nothing).toMatchObject({ outcome: 'refused', message: expect.stringContaining('Nothing is on record') });
    const { report: hot, log: lines } = await node(web.name, { image: two });
    expect(hot, lines).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(hot.recovered ?? []).toEqual([]);
  },
);

itNightly('a restart of the script that was killed is undone by the next run of hot-deploy', async () => {
  const web = await start(one, await published(4040, 8080));
  const { Id: first } = await web.inspect();
  const { script, node } = await both(web);
  // After the new container has the name.
  expect(await interrupted(script, ['deploy'], { signal: 'KILL', at: 5, when: 'after' })).toMatchObject({
    reached: true,
  });
  const { report, log } = await node(web.name, { mode: 'rollback' });
  expect(report.recovered, log).toMatchObject([{ container: web.name, what: 'undone' }]);
  expect((await web.inspect()).Id).toBe(first);
  expect(await served(web)).toBe('0.1.0');
});
