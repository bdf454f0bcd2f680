import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import Dockerode from 'dockerode';
import { afterAll, describe, expect, it } from 'vitest';
import { type Container, connect, eventually, removeContainers, start, unused } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { deployHot, explained, served } from '../support/world/outcome.js';

const octochat = (version: 1 | 2) => image({ example: 'octochat', version, debian: 'bookworm' });

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

describe('a node is found and upgraded hot', () => {
  it.each([
    ['with long names', ['-e', 'RELEASE_DISTRIBUTION=name', '-e', 'RELEASE_NODE=app@127.0.0.1']],
    [
      'with long names, on a host name that only the container has',
      ['--hostname', 'web.example.org', '-e', 'RELEASE_DISTRIBUTION=name', '-e', 'RELEASE_NODE=app@web.example.org'],
    ],
    ['that is hidden from other nodes', ['-e', 'ERL_AFLAGS=-hidden']],
    ['below an init process', ['--init']],
  ])('%s', async (_, args) => {
    const web = await start(await octochat(1), args);
    await deployHot(web, { image: await octochat(2) });
    expect(await served(web)).toBe('0.2.0');
  });

  it("in the host's network", async () => {
    const [lines, http] = [await freePort(), await freePort()];
    const ports = ['-e', `OCTOCHAT_TCP_PORT=${lines}`, '-e', `OCTOCHAT_HTTP_PORT=${http}`];
    const web = await start(await octochat(1), ['--network=host', ...ports, '-e', `RELEASE_NODE=${nodeName()}`]);
    const client = await connect(lines);
    await deployHot(web, { image: await octochat(2), probe: `http://127.0.0.1:${http}/health` });
    expect(await client.ask('PING')).toBe('PONG 0.2.0 1');
  });

  it("among the host's processes, where the VMs of other containers are seen and left alone", async () => {
    const [other, web] = [await start(await octochat(1)), await start(await octochat(1), ['--pid=host'])];
    await deployHot(web, { image: await octochat(2) });
    expect(await Promise.all([other, web].map(served))).toEqual(['0.1.0', '0.2.0']);
  });

  it('while somebody is on a remote shell, and a command of the release runs', async () => {
    const web = await start(await octochat(1));
    await docker('exec', '-d', '-t', web.name, 'bin/octochat', 'remote');
    await docker('exec', '-d', web.name, 'bin/octochat', 'rpc', 'Process.sleep(60_000)');
    await docker('exec', '-d', web.name, 'bin/octochat', 'eval', 'Process.sleep(60_000)');
    await docker('exec', '-d', '-t', web.name, 'sh', '-c', remoteShell);
    await eventually('five VMs', async () => ((await vms(web)) === 5 ? true : undefined));
    await deployHot(web, { image: await octochat(2) });
    expect(await served(web)).toBe('0.2.0');
    expect(await vms(web)).toBe(5);
  });
});

const remoteShell = `exec erts-*/bin/erl -boot_var RELEASE_LIB lib -boot releases/0.1.0/start_clean \
  -sname someone -setcookie "$(cat releases/COOKIE)" -remsh "octochat@$(hostname)"`;

async function vms(container: Container): Promise<number> {
  const names = await container.exec('sh', '-c', 'cat /proc/[0-9]*/comm 2>/dev/null');
  return names.split('\n').filter((name) => name.startsWith('beam')).length;
}

const nodeName = () => unused('octochat').replaceAll('-', '_');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a cookie and a node name that only `docker run` gave', () => {
  it('are enough, and show nowhere: not in log, report, bundle, events or execs, and in no file', async () => {
    const [cookie, greeting, password] = [secret(), secret(), secret()];
    const web = await start(await octochat(1), [
      ...['-e', `RELEASE_COOKIE=${cookie}`, '-e', 'RELEASE_NODE=another_name'],
      ...['-e', `OCTOCHAT_GREETING=${greeting}`, '-e', `DATABASE_PASSWORD=${password}`],
    ]);
    const since = await engineTime();

    const { report, log } = await deployHot(web, { image: await octochat(2) });

    expect(await evaluate(web, '{node(), erlang:get_cookie()}')).toMatch(
      new RegExp(`^{another_name@.*,'?${cookie}'?}$`),
    );
    const client = await connect(await web.port(4040));
    expect(await client.ask('GREETING')).toBe(greeting);

    const events = await docker('events', '--since', since, '--until', await engineTime(), '--format', '{{json .}}');
    const execs = [...new Set(events.match(/(?<="execID":")[0-9a-f]+/g) ?? [])];
    const inspected = (await Promise.all(execs.map(execDetails))).join('\n');
    const bundle = gunzipSync(await readFile(report.bundle?.path ?? '')).toString('latin1');
    const told = { log, report: JSON.stringify(report), events, inspected, bundle };
    for (const [where, text] of Object.entries(told)) {
      expect(
        [cookie, greeting, password].filter((each) => text.includes(each)),
        where,
      ).toEqual([]);
    }
    // They would have been seen: each of these holds what else the run did.
    expect(events).toContain('exec_create: sh -c');
    expect(inspected).toContain('hot-deploy');
    expect(bundle).toContain('"release": "octochat"');
    const holding = await web.exec(
      'sh',
      '-c',
      `grep -rlE '${cookie}|${greeting}|${password}' /app /tmp /var/tmp || true`,
    );
    expect(holding).toBe('');
  });
});

const secret = () => `secret${randomBytes(12).toString('hex')}`;

const engineTime = () => docker('info', '--format', '{{.SystemTime}}');

/** What the Engine tells of an exec; nothing where its container is gone. */
async function execDetails(id: string): Promise<string> {
  const found: unknown = await new Dockerode()
    .getExec(id)
    .inspect()
    .catch(() => undefined);
  return JSON.stringify(found ?? {});
}

describe('of containers and nodes whose names begin the same', () => {
  it('only the one that was named is upgraded', async () => {
    const name = unused('web');
    const web = await start(await octochat(1), ['-e', 'RELEASE_NODE=octochat'], [], name);
    const others = [
      await start(await octochat(1), ['-e', 'RELEASE_NODE=octochat2'], [], `${name}2`),
      await start(await octochat(1), ['-e', 'RELEASE_NODE=octo'], [], `my-${name}`),
    ];
    await deployHot(web, { image: await octochat(2) });
    expect(await served(web)).toBe('0.2.0');
    expect(await Promise.all(others.map(served))).toEqual(['0.1.0', '0.1.0']);
  });
});

describe('of two VMs in one container', () => {
  const both = `RELEASE_NODE=octochat2 OCTOCHAT_TCP_PORT=4041 OCTOCHAT_HTTP_PORT=8081 bin/octochat start &
    exec bin/octochat start`;

  it('none is upgraded unless one is named, and then only that one', async () => {
    const web = await start(await octochat(1), ['-p', '4041'], ['sh', '-c', both]);
    const [first, second] = [await connect(await web.port(4040)), await connect(await web.port(4041))];

    const unnamed = await deployTo(web.name, { image: await octochat(2) });
    expect(unnamed.report).toMatchObject({ outcome: 'refused', method: 'none' });
    expect(unnamed.report.message).toMatch(/^hd-test-\S+ runs several VMs \(octochat2?, octochat2?\)\. .*node-name/);

    const named = await deployHot(web, { image: await octochat(2), 'node-name': 'octochat' });
    expect(named.report.from, explained(named)).toBe('0.1.0');
    expect(await first.ask('PING')).toBe('PONG 0.2.0 1');
    expect(await second.ask('PING')).toBe('PONG 0.1.0 1');
  });
});
