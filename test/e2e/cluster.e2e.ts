import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { everything } from '../support/tier.js';
import { type Running, startHotDeploy } from '../support/world/command.js';
import {
  type Container,
  connect,
  eventually,
  handle,
  healthy,
  type Lines,
  removeContainers,
  start,
  unused,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { served } from '../support/world/octochat.js';

// Several runs on five nodes, some of which wait for one that is cut off.
vi.setConfig({ testTimeout: 600_000 });

const network = unused('hd-cluster');
const names = (everything ? ['a', 'b', 'c', 'd', 'e'] : ['a', 'b']).map((each) => `${network}-${each}`);
const nodes = names.map((name) => `octochat@${name}`);
const [entrance = ''] = names;
const last = names.at(-1) ?? '';
const version = (of: 1 | 2 | 3) => image({ example: 'octochat', version: of });
/** What a run says of each: the container by its name, the others by their nodes. */
const rows = [entrance, ...nodes.slice(1)];

let containers: readonly Container[] = [];
let clients: readonly Lines[] = [];
let pids: readonly number[] = [];

/** Containers on a network, whose nodes are one cluster. */
beforeAll(async () => {
  const one = await version(1);
  await docker('network', 'create', network);
  containers = await Promise.all(names.map((name) => start(one, ['--network', network, '--hostname', name], [], name)));
  await connected();
  clients = await Promise.all(containers.map(async (each) => await connect(await each.port(4040))));
  pids = await processes();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await removeContainers();
  await docker('network', 'rm', network).catch(() => undefined);
  await removeImages();
});

const processes = async () => await Promise.all(containers.map(async (each) => (await each.inspect()).State.Pid));
const answers = async () => await answersOf(clients.length);

async function connected(): Promise<void> {
  for (const node of nodes.slice(1)) await rpc(`Node.connect(:"${node}")`);
  await eventually('a cluster', async () =>
    (await Promise.all(containers.map((each) => evaluate(each, 'length(nodes())')))).every(
      (count) => count === `${names.length - 1}`,
    )
      ? true
      : undefined,
  );
}
const rpc = async (expression: string) =>
  await docker('exec', entrance, '/app/bin/octochat', 'rpc', `IO.inspect(${expression})`);

const all = (running: string) => names.map(() => expect.stringContaining(`PONG ${running}`));
const loaded = async () =>
  await Promise.all(containers.map((each) => evaluate(each, 'code:is_loaded(hot_deploy_port)')));
const nothing = names.map(() => 'false');

/** One run for all of them, through the first. */
const deploy = async (options: Readonly<Record<string, string>> = {}) =>
  await deployTo(entrance, { nodes: 'cluster', canary: '1', image: await version(2), ...options });

/** A run to the second version, at the moment when all have it and it is not final yet. */
async function inSoak(soak: string): Promise<Running> {
  const words = ['--containers', entrance, '--nodes', 'cluster', '--image', await version(2), '--soak', soak];
  const run = await startHotDeploy(['deploy', ...words, '--no-build', '--rehearse', 'never', '--canary', '0']);
  const isOnAll = async () => (await answers()).every((each) => each.includes('0.2.0')) || undefined;
  const tooEarly = run.ended.then(({ code, stderr }) => {
    throw new Error(`it ended with ${code}: ${stderr}`);
  });
  await Promise.race([eventually('0.2.0 on all', isOnAll, 200_000), tooEarly]);
  tooEarly.catch(() => undefined);
  return run;
}

describe('the nodes of a cluster', () => {
  itNightly('are planned for through one container', async () => {
    const { report, log } = await deploy({ mode: 'plan' });
    const told = report.containers.map(({ name, method }) => [name, method]);
    expect(told, log).toEqual(rows.map((row) => [row, 'relup']));
  });

  itNightly('are named where a deploy leaves them out', async () => {
    const { report, log } = await deploy({ mode: 'plan', nodes: 'containers' });
    expect(report.containers[0]?.reasons, log).toMatchObject([
      { code: 'nodes-left-out', message: expect.stringContaining(nodes[1] ?? ''), blocks: [] },
    ]);
  });

  it('are all loaded hot through one container, and each is what the image holds', async () => {
    const { report, log } = await deploy();
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(report.containers).toHaveLength(names.length);
    for (const each of report.containers)
      expect(each.proof, log).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await answers()).toEqual(all('0.2.0'));
    expect(await processes()).toEqual(pids);
  });

  it('have nothing of hot-deploy in them afterwards', async () => {
    expect(await loaded()).toEqual(nothing);
  });

  itNightly('are told by status through it', async () => {
    const { report, log } = await deploy({ mode: 'status' });
    const told = report.containers.map(({ name, drift }) => [name, drift?.state]);
    expect(told, log).toEqual(rows.map((row) => [row, 'equal']));
  });

  itNightly('go back hot through it, all of them', async () => {
    const { report, log } = await deployTo(entrance, { nodes: 'cluster', canary: '1', mode: 'rollback' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
    expect(await answers()).toEqual(all('0.1.0'));
    expect(await processes()).toEqual(pids);
  });

  itNightly('are left alone, all of them, where one of them would have to be restarted', async () => {
    const { report } = await deploy({ image: await version(3) });
    const message = expect.stringContaining(`${nodes[1]} runs in none of`);
    expect(report).toMatchObject({ outcome: 'refused', message });
    expect(await answers()).toEqual(all('0.1.0'));
  });

  itNightly('are left alone, all of them, where one is cut off and nobody has noticed yet', async () => {
    await docker('network', 'disconnect', network, last);
    try {
      const { report, log } = await deploy();
      expect(report, log).toMatchObject({ outcome: 'refused', message: expect.stringContaining(`octochat@${last}`) });
      expect((await answersOf(names.length - 1)).join()).not.toContain('0.2.0');
    } finally {
      await rejoin();
    }
  });

  itNightly('are undone, all of them, by the next run after one that was killed, which then deploys', async () => {
    const run = await inSoak('60s');
    run.kill('SIGKILL');
    await run.ended;
    const { report, log } = await deploy();
    expect(report.recovered, log).toHaveLength(names.length);
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0' });
    expect(await answers()).toEqual(all('0.2.0'));
    expect(await processes()).toEqual(pids);
  });

  itNightly(
    'go back where one is cut off before it is final, which is named, and all converge afterwards',
    async () => {
      await deployTo(entrance, { nodes: 'cluster', mode: 'rollback' });
      const run = await inSoak('20s');
      await docker('network', 'disconnect', network, last);
      const { code, report, stderr } = await run.ended;
      expect({ code, outcome: report?.outcome }, stderr).toEqual({ code: 4, outcome: 'failed' });
      expect(report?.message).toContain(`octochat@${last}`);
      expect((await answersOf(names.length - 1)).join()).not.toContain('0.2.0');

      await rejoin();
      // It was not asked: it still has what it was brought to.
      expect(await evaluate(containers.at(-1) as Container, 'release_handler:which_releases(current)')).toContain(
        '0.2.0',
      );
      const next = await deploy();
      expect(next.report, next.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
      for (const each of containers) expect(await served(each)).toBe('0.2.0');
      expect(await processes()).toEqual(pids);
      expect(await loaded()).toEqual(nothing);
    },
  );

  itNightly('go back where one has ended before it is final, which is named, and all converge afterwards', async () => {
    await deployTo(entrance, { nodes: 'cluster', mode: 'rollback' });
    const run = await inSoak('20s');
    await docker('kill', last);
    const { code, report, stderr } = await run.ended;
    expect({ code, outcome: report?.outcome }, stderr).toEqual({ code: 4, outcome: 'failed' });
    expect(report?.message).toContain(`octochat@${last}`);
    expect((await answersOf(names.length - 1)).join()).not.toContain('0.2.0');

    await docker('start', last);
    await healthy(containers.at(-1) as Container);
    await connected();
    const next = await deploy();
    expect(next.report, next.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    for (const each of containers) expect(await served(each)).toBe('0.2.0');
    expect(await loaded()).toEqual(nothing);
  });

  itNightly(
    'are loaded hot in one container, and come later by a restart in the others, if that is wanted',
    async () => {
      await deployTo(entrance, { nodes: 'cluster', mode: 'rollback' });
      const [pid] = await processes();
      const first = await deploy({ nodes: 'containers' });
      expect(first.report, first.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
      const rest = await deployTo(names.slice(1), { image: await version(2), strategy: 'restart' });
      expect(rest.report, rest.log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
      for (const name of names) expect(await served(handle(name))).toBe('0.2.0');
      expect((await processes())[0]).toBe(pid);
    },
  );
});

const answersOf = async (count: number) =>
  await Promise.all(clients.slice(0, count).map((client) => client.ask('PING')));

async function rejoin(): Promise<void> {
  await docker('network', 'connect', network, last);
  await connected();
  // Its published port has a new way to it.
  clients.at(-1)?.close();
  clients = [...clients.slice(0, -1), await connect(await (containers.at(-1) as Container).port(4040))];
}
