import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import Dockerode from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeNightly } from '../support/nightly.js';
import { type Container, connect, eventually, removeContainers, start, unused } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { expectHot, fleet } from '../support/world/fleet.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { served, servedAt } from '../support/world/octochat.js';

const v1 = () => image({ example: 'octochat', version: 1, debian: 'bookworm' });
const v2 = () => image({ example: 'octochat', version: 2, debian: 'bookworm' });
const env = (variables: Readonly<Record<string, string | number>>) =>
  Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]);

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const exporting = (variables: string) => ({
  image: v1,
  args: ['--entrypoint', 'sh'],
  command: ['-c', `export ${variables}; exec bin/octochat start`],
});

describe('a node is found and upgraded hot', () => {
  const name = unused('web');
  const bystanders: Container[] = [];
  beforeAll(async () => {
    const [like, alike] = await Promise.all([
      start(await v1(), env({ RELEASE_NODE: 'octochat2' }), [], `${name}2`),
      start(await v1(), env({ RELEASE_NODE: 'octo' }), [], `my-${name}`),
    ]);
    bystanders.push(like, alike);
  });

  // Below those that are given to others.
  const hostPort = 15_000 + Math.floor(Math.random() * 4_000);
  const deployed = fleet(
    {
      named: { image: v1, args: env({ RELEASE_NODE: 'octochat' }), name },
      'long names': { image: v1, args: env({ RELEASE_DISTRIBUTION: 'name', RELEASE_NODE: 'app@127.0.0.1' }) },
      'host name': {
        image: v1,
        args: [
          ...['--hostname', 'web.example.org'],
          ...env({ RELEASE_DISTRIBUTION: 'name', RELEASE_NODE: 'app@web.example.org' }),
        ],
      },
      hidden: { image: v1, args: env({ ERL_AFLAGS: '-hidden' }) },
      init: { image: v1, args: ['--init'] },
      network: {
        image: v1,
        args: [
          '--network=host',
          ...env({
            OCTOCHAT_TCP_PORT: hostPort,
            OCTOCHAT_HTTP_PORT: hostPort + 1,
            RELEASE_NODE: `octochat${hostPort}`,
          }),
        ],
      },
      processes: { image: v1, args: ['--pid=host'] },
      visited: { image: v1, prepare: visit },
      // What a start script exports stands in the VM's environment alone.
      address: exporting('RELEASE_DISTRIBUTION=name RELEASE_NODE="octochat@$(hostname -i)"'),
      epmd: exporting('ERL_EPMD_PORT=4370'),
      loopback: {
        image: v1,
        args: env({ ERL_EPMD_ADDRESS: '127.0.0.1', ERL_AFLAGS: '-kernel inet_dist_use_interface {127,0,0,1}' }),
      },
      'without a locale': {
        image: v1,
        args: env({ LANG: '', OCTOCHAT_GREETING: '\u4e16\u754c', 'K\u00c9Y': '\u4e16' }),
      },
    },
    async () => ({ image: await v2() }),
  );

  it('and no other container or node whose name begins or ends the same', async () => {
    await expectHot(deployed('named'));
    expect(await served(deployed('named').container)).toBe('0.2.0');
    expect(await Promise.all(bystanders.map(served))).toEqual(['0.1.0', '0.1.0']);
  });

  it('with long names', () => expectHot(deployed('long names')));

  it('with long names, on a host name that only the container has', () => expectHot(deployed('host name')));

  it('where it is hidden from other nodes', () => expectHot(deployed('hidden')));

  it('where an init process runs above it', () => expectHot(deployed('init')));

  it("in the host's network", async () => {
    await expectHot(deployed('network'));
    expect(await servedAt(hostPort)).toBe('0.2.0');
  });

  it("among the host's processes, where the VMs of other containers are seen", async () => {
    await expectHot(deployed('processes'));
    expect(await served(deployed('processes').container)).toBe('0.2.0');
  });

  it('where it is named by an address that a throw-away container does not have', () => expectHot(deployed('address')));

  it('where a start script exported the port of epmd', () => expectHot(deployed('epmd')));

  it('where it lets in nobody but through the loopback interface', () => expectHot(deployed('loopback')));

  it('where its variables are no Latin-1 and it has no locale', () => expectHot(deployed('without a locale')));

  it('while somebody is on a remote shell, and commands of the release run', async () => {
    await expectHot(deployed('visited'));
    expect(await vms(deployed('visited').container)).toBe(5);
  });
});

/** Two remote shells, and two commands that take their time: each is a VM of its own. */
async function visit(container: Container): Promise<void> {
  const inside = (...argv: string[]) => docker('exec', '-d', '-t', container.name, ...argv);
  await inside('bin/octochat', 'remote');
  await inside('bin/octochat', 'rpc', 'Process.sleep(600_000)');
  await inside('bin/octochat', 'eval', 'Process.sleep(600_000)');
  await inside('sh', '-c', erlangShell);
  await eventually('five VMs', async () => ((await vms(container)) === 5 ? true : undefined));
}

const erlangShell = `exec erts-*/bin/erl -boot_var RELEASE_LIB lib -boot releases/0.1.0/start_clean \
  -sname someone -setcookie "$(cat releases/COOKIE)" -remsh "octochat@$(hostname)"`;

async function vms(container: Container): Promise<number> {
  const names = await container.exec('sh', '-c', 'cat /proc/[0-9]*/comm 2>/dev/null || true');
  return names.split('\n').filter((name) => name.startsWith('beam')).length;
}

describe('a cookie and a node name that only `docker run` gave', () => {
  it('are enough, and secrets show nowhere: not in log, report, bundle, events or execs, and in no file', async () => {
    const [cookie, greeting, password] = [secret(), secret(), secret()];
    const web = await start(
      await v1(),
      env({
        RELEASE_COOKIE: cookie,
        RELEASE_NODE: 'another_name',
        OCTOCHAT_GREETING: greeting,
        DATABASE_PASSWORD: password,
      }),
    );
    const events = await listen(web);
    const seen = await watchArguments(cookie);

    const { report, log } = await deployTo(web.name, { image: await v2() });

    // Those of the VM itself, and of the script that starts it, hold it.
    const args = (await seen.end()).filter((line) => !/-(set|-)cookie/.test(line)).join('\n');
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await evaluate(web, '{node(), erlang:get_cookie()}')).toMatch(
      new RegExp(`^{'?another_name@.*,'?${cookie}'?}$`),
    );
    expect(await (await connect(await web.port(4040))).ask('GREETING')).toBe(greeting);

    const heard = await events.end();
    const execs = await Promise.all([...new Set(heard.match(/(?<="execID":")[0-9a-f]+/g))].map(execDetails));
    const bundle = gunzipSync(await readFile(report.bundle?.path ?? '')).toString('latin1');
    const told = { log, report: JSON.stringify(report), events: heard, execs: execs.join('\n'), bundle, args };
    for (const [where, text] of Object.entries(told)) {
      expect(
        [cookie, greeting, password].filter((each) => text.includes(each)),
        where,
      ).toEqual([]);
    }
    // Had one been told, it would have been seen: each of these holds what else the run did.
    expect(log).toContain(web.name);
    expect(heard).toContain('exec_create: sh -c');
    expect(args).toMatch(/erl_call\0-sname\0another_name\0/);
    expect(told.execs).toContain('hot-deploy');
    expect(bundle).toContain('"release": "octochat"');
    const holding = await web.exec(
      'sh',
      '-c',
      `grep -rlE '${cookie}|${greeting}|${password}' /app /tmp /var /dev/shm || true`,
    );
    expect(holding).toBe('');
  });
});

const secret = () => `secret${randomBytes(12).toString('hex')}`;

/** The command lines of this machine, those of containers among them, that hold the cookie or ask a node: what `ps` shows. */
async function watchArguments(cookie: string) {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-watch-'));
  await writeFile(join(folder, 'words'), `${cookie}\nerl_call`);
  const loop = `while :; do grep -ahFf '${join(folder, 'words')}' /proc/[0-9]*/cmdline 2>/dev/null; done`;
  const child = spawn('sh', ['-c', loop]);
  const lines = new Set<string>();
  createInterface({ input: child.stdout }).on('line', (line) => lines.add(line));
  return {
    end: async () => {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true });
      return [...lines];
    },
  };
}

/** The Engine's events from now on, as JSON: of the past it keeps only the last few. */
async function listen(web: Container) {
  const since = await docker('info', '--format', '{{.SystemTime}}');
  const child = spawn('docker', ['events', '--since', since, '--format', '{{json .}}']);
  let heard = '';
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  const end = async () => {
    // They come in order.
    await web.exec('echo', 'the last event');
    await eventually('the last event', async () => heard.includes('exec_create: echo the last event') || undefined);
    child.kill();
    return heard;
  };
  return { end };
}

/** What the Engine tells of an exec; nothing where its container is gone. */
async function execDetails(id: string): Promise<string> {
  const found: unknown = await new Dockerode()
    .getExec(id)
    .inspect()
    .catch(() => undefined);
  return JSON.stringify(found ?? {});
}

describeNightly('of two VMs in one container', () => {
  // One after the other: both would start an epmd.
  const both = `RELEASE_NODE=octochat2 OCTOCHAT_TCP_PORT=4041 OCTOCHAT_HTTP_PORT=8081 bin/octochat start &
    until erts-*/bin/epmd -names | grep -q octochat2; do sleep 0.1; done
    exec bin/octochat start`;

  it('none is upgraded unless one is named, and then only that one', async () => {
    const web = await start(await v1(), ['--expose', '4041'], ['sh', '-c', both]);
    const [first, second] = [await connect(await web.port(4040)), await connect(await web.port(4041))];

    const unnamed = await deployTo(web.name, { image: await v2() });
    expect(unnamed.report).toMatchObject({ outcome: 'refused', method: 'none' });
    expect(unnamed.report.message).toMatch(/^\S+ runs several VMs \(octochat2?, octochat2?\)\. .*node-name/);
    expect(await first.ask('PING')).toBe('PONG 0.1.0 1');

    const { report, log } = await deployTo(web.name, { image: await v2(), 'node-name': 'octochat' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await first.ask('PING')).toBe('PONG 0.2.0 2');
    expect(await second.ask('PING')).toBe('PONG 0.1.0 1');
  });
});
