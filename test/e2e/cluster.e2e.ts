import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { startHotDeploy } from '../support/world/command.js';
import {
  type Container,
  connect,
  eventually,
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

const network = unused('hd-cluster');
const names = ['a', 'b', 'c'].map((each) => `${network}-${each}`);
const nodes = names.map((name) => `octochat@${name}`);
const beside = { nodes: 'cluster', canary: '1' };

let containers: readonly Container[] = [];
let clients: readonly Lines[] = [];
let pids: readonly number[] = [];

/** Three containers on a network, whose nodes are one cluster. */
beforeAll(async () => {
  const one = await image({ example: 'octochat', version: 1 });
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
const answers = async () => await Promise.all(clients.map(async (client) => await client.ask('PING')));

async function connected(): Promise<void> {
  for (const node of nodes.slice(1)) await rpc(`Node.connect(:"${node}")`);
  await eventually('a cluster', async () => ((await rpc('length(Node.list())')) === '2' ? true : undefined));
}
const rpc = async (expression: string) =>
  await docker('exec', names[0] ?? '', '/app/bin/octochat', 'rpc', `IO.inspect(${expression})`);

const all = (version: string) => names.map(() => expect.stringContaining(`PONG ${version}`));
const loaded = async () =>
  await Promise.all(containers.map((each) => evaluate(each, 'code:is_loaded(hot_deploy_port)')));

describe('the nodes of a cluster', () => {
  itNightly('are planned for through one container', async () => {
    const { report, log } = await deployTo(names[0] ?? '', {
      ...beside,
      mode: 'plan',
      image: await image({ example: 'octochat', version: 2 }),
    });
    expect(
      report.containers.map(({ name, method }) => [name, method]),
      log,
    ).toEqual([
      [names[0], 'relup'],
      [nodes[1], 'relup'],
      [nodes[2], 'relup'],
    ]);
  });

  it('are all loaded hot through one container, and each is what the image holds', async () => {
    const { report, log } = await deployTo(names[0] ?? '', {
      ...beside,
      image: await image({ example: 'octochat', version: 2 }),
    });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    for (const each of report.containers)
      expect(each.proof, log).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await answers()).toEqual(all('0.2.0'));
    expect(await processes()).toEqual(pids);
  });

  it('have nothing of hot-deploy in them afterwards', async () => {
    expect(await loaded()).toEqual(['false', 'false', 'false']);
  });

  itNightly('are told by status through it', async () => {
    const { report, log } = await deployTo(names[0] ?? '', {
      ...{ ...beside, mode: 'status', image: await image({ example: 'octochat', version: 2 }) },
    });
    expect(
      report.containers.map(({ name, drift }) => [name, drift?.state]),
      log,
    ).toEqual([names[0], nodes[1], nodes[2]].map((name) => [name, 'equal']));
  });

  itNightly('go back hot through it, all of them', async () => {
    const { report, log } = await deployTo(names[0] ?? '', { ...beside, mode: 'rollback' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
    expect(await answers()).toEqual(all('0.1.0'));
    expect(await processes()).toEqual(pids);
  });

  itNightly('are left alone, all of them, where one of them would have to be restarted', async () => {
    const { report } = await deployTo(names[0] ?? '', {
      ...beside,
      image: await image({ example: 'octochat', version: 3 }),
    });
    expect(report).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining(`${nodes[1]} runs in none of`),
    });
    expect(await answers()).toEqual(all('0.1.0'));
  });

  itNightly(
    'are undone, all of them, by the next run after one that was killed in the middle, which then deploys',
    async () => {
      const words = [
        '--containers',
        names[0] ?? '',
        '--nodes',
        'cluster',
        '--image',
        await image({ example: 'octochat', version: 2 }),
      ];
      const run = await startHotDeploy([
        'deploy',
        ...words,
        '--no-build',
        '--rehearse',
        'never',
        '--soak',
        '60s',
        '--canary',
        '0',
      ]);
      await eventually(
        '0.2.0 on all',
        async () => ((await answers()).every((each) => each.includes('0.2.0')) ? true : undefined),
        120_000,
      );
      run.kill('SIGKILL');
      await run.ended;
      const { report, log } = await deployTo(names[0] ?? '', {
        ...beside,
        image: await image({ example: 'octochat', version: 2 }),
      });
      expect(report.recovered, log).toHaveLength(3);
      expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0' });
      expect(await answers()).toEqual(all('0.2.0'));
      expect(await processes()).toEqual(pids);
    },
  );

  itNightly(
    'go back where one of them is gone before it is final, which is named, and all converge afterwards',
    async () => {
      await deployTo(names[0] ?? '', { ...beside, mode: 'rollback' });
      const words = [
        '--containers',
        names[0] ?? '',
        '--nodes',
        'cluster',
        '--image',
        await image({ example: 'octochat', version: 2 }),
      ];
      const run = await startHotDeploy([
        'deploy',
        ...words,
        '--no-build',
        '--rehearse',
        'never',
        '--soak',
        '20s',
        '--canary',
        '0',
      ]);
      await eventually(
        '0.2.0 on all',
        async () => ((await answers()).every((each) => each.includes('0.2.0')) ? true : undefined),
        120_000,
      );
      await docker('kill', names[2] ?? '');
      const { code, report, stderr } = await run.ended;
      expect({ code, outcome: report?.outcome }, stderr).toEqual({ code: 4, outcome: 'failed' });
      expect(report?.message).toContain(nodes[2]);
      expect((await Promise.all(clients.slice(0, 2).map((client) => client.ask('PING')))).join()).not.toContain(
        '0.2.0',
      );

      await docker('start', names[2] ?? '');
      await healthy(containers[2] as Container);
      await connected();
      const next = await deployTo(names[0] ?? '', {
        ...beside,
        image: await image({ example: 'octochat', version: 2 }),
      });
      expect(next.report, next.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
      for (const each of containers) expect(await served(each)).toBe('0.2.0');
      expect(await loaded()).toEqual(['false', 'false', 'false']);
    },
  );
});
