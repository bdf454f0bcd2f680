import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerDetails, ImageDetails } from '../../src/docker/details.js';
import type { Engine } from '../../src/docker/engine.js';
import { type Log, systemClock } from '../../src/log.js';
import { type Recreated, recreate } from '../../src/rollout/recreate.js';
import { idle, openWorkbench, type Workbench } from '../docker/workbench.js';

const silent: Log = {
  info: () => undefined,
  warning: () => undefined,
  debug: () => undefined,
  group: (_, work) => work(),
  mask: () => undefined,
};

let bench: Workbench;
let v1: ImageDetails;
let v2: ImageDetails;
beforeAll(async () => {
  bench = await openWorkbench();
  v1 = await bench.image('app:1', 'ENV VERSION=1', 'VOLUME /data', idle);
  v2 = await bench.image('app:2', 'ENV VERSION=2', 'VOLUME /data', idle);
});
afterAll(() => bench?.clear());

interface Attempt {
  readonly result: Recreated;
  readonly phases: Readonly<Record<string, number>>;
}

async function attempt(
  old: ContainerDetails,
  to: ImageDetails = v2,
  healthTimeoutMs = 10_000,
  engine: Engine = bench.engine,
): Promise<Attempt> {
  const phases: Record<string, number> = {};
  const from = await bench.engine.findImage(old.Image);
  if (from === undefined) throw new Error('the old image is gone');
  const newImage = { reference: to.RepoTags[0] ?? to.Id, id: to.Id };
  const result = await recreate(engine, old, from, newImage, {
    log: silent,
    clock: systemClock,
    healthTimeoutMs,
    onPhase: (name, ms) => {
      phases[name] = ms;
    },
  });
  return { result, phases };
}

const named = (name: string) => bench.engine.inspectContainer(`${bench.prefix}-${name}`);
const inside = async (id: string, ...argv: string[]) =>
  (await bench.engine.exec(id, { argv, timeoutMs: 10_000 })).stdout.toString().trim();

describe('a re-creation', () => {
  it('puts the new image under the old name and leaves nothing else behind', async () => {
    const old = await bench.run('plain', v1.Id);
    const { result, phases } = await attempt(old);
    expect(result).toEqual({
      kind: 'recreated',
      id: (await named('plain')).Id,
      settings: { equal: true, differing: [] },
      warnings: [],
    });
    expect((await named('plain')).Image).toBe(v2.Id);
    expect(await bench.engine.findContainer(old.Id)).toBeUndefined();
    expect((await bench.containers()).filter((name) => name.includes('hot-deploy'))).toEqual([]);
    expect(Object.keys(phases)).toEqual(['create', 'stop', 'rename', 'start', 'health', 'remove']);
    console.log('phases in ms', JSON.stringify(phases));
  });

  it('keeps what many flags of docker run set', async () => {
    await bench.network('flags', '--subnet', '10.213.77.0/24');
    const old = await bench.run(
      'flags',
      ...[
        '--network',
        `${bench.prefix}-flags`,
        '--ip',
        '10.213.77.50',
        '--network-alias',
        'www',
        '--network-alias',
        'api',
      ],
      ...['--hostname', 'chosen', '--domainname', 'example.org', '--dns', '10.213.77.1', '--dns-search', 'example.org'],
      ...['--add-host', 'db:10.213.77.9', '--publish', '127.0.0.1:18473:80', '--expose', '9999'],
      ...[
        '--env',
        'SECRET=a=b c',
        '--env',
        'VERSION=mine',
        '--env',
        'EMPTY=',
        '--user',
        '1000:1000',
        '--workdir',
        '/tmp',
      ],
      ...[
        '--label',
        'com.docker.compose.image=sha256:old',
        '--label',
        'team=core',
        '--stop-timeout',
        '3',
        '--stop-signal',
        'TERM',
      ],
      ...['--health-cmd', 'true', '--health-interval', '60s', '--restart', 'on-failure:3', '--init'],
      ...['--volume', `${bench.prefix}-named:/named:ro`, '--volume', '/anonymous', '--volume', '/etc:/host-etc:ro'],
      ...[
        '--mount',
        'type=volume,target=/nameless',
        '--mount',
        'type=tmpfs,target=/scratch,tmpfs-size=1m',
        '--tmpfs',
        '/run:size=1m',
      ],
      ...['--memory', '64m', '--cpus', '0.5', '--pids-limit', '100', '--shm-size', '16m', '--oom-score-adj', '10'],
      ...[
        '--ulimit',
        'nofile=1024:2048',
        '--cap-drop',
        'NET_RAW',
        '--cap-add',
        'SYS_NICE',
        '--device',
        '/dev/null:/dev/x:r',
      ],
      ...[
        '--security-opt',
        'no-new-privileges',
        '--sysctl',
        'net.ipv4.ip_unprivileged_port_start=0',
        '--group-add',
        '5',
      ],
      ...[
        '--log-driver',
        'json-file',
        '--log-opt',
        'max-size=1m',
        '--read-only',
        '--ipc',
        'shareable',
        '--tty',
        '--interactive',
      ],
      v1.Id,
      ...['sh', '-c', "trap 'exit 0' TERM; sleep infinity & wait"],
    );
    const { result } = await attempt(old);
    expect(result).toMatchObject({ kind: 'recreated', settings: { equal: true, differing: [] }, warnings: [] });

    const fresh = await named('flags');
    const { Links, ...hostConfig } = fresh.HostConfig;
    expect({ ...hostConfig, Mounts: undefined }).toEqual({ ...old.HostConfig, Mounts: undefined, Links: undefined });
    expect(fresh.NetworkSettings.Networks[`${bench.prefix}-flags`]?.IPAddress).toBe('10.213.77.50');
    expect(fresh.Config.Labels).toMatchObject({ 'com.docker.compose.image': v2.Id, team: 'core' });
    const mounts = ({ Mounts: all }: ContainerDetails) =>
      all.map((one) => [one.Destination, one.Source, one.RW]).sort();
    expect(mounts(fresh)).toEqual(mounts(old));
  });

  it('takes up what the new image changed', async () => {
    const { result } = await attempt(await bench.run('variables', v1.Id));
    expect(result.kind).toBe('recreated');
    expect(await inside((await named('variables')).Id, 'sh', '-c', 'echo $VERSION')).toBe('2');
  });

  it('touches no other container whose name begins the same', async () => {
    const [old, other] = [await bench.run('twin', v1.Id), await bench.run('twin-2', v1.Id)];
    expect((await attempt(old)).result.kind).toBe('recreated');
    expect(await named('twin-2')).toMatchObject({ Id: other.Id, State: { StartedAt: other.State.StartedAt } });
  });

  it('meets no port conflict, since the old container is stopped first', async () => {
    const old = await bench.run('port', '--publish', '127.0.0.1:18474:80', v1.Id);
    expect((await attempt(old)).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
  });

  it('hangs on the same networks under the same aliases, again and again, and adds none', async () => {
    await bench.network('front', '--subnet', '10.213.78.0/24');
    await bench.network('back');
    const [front, back] = [`${bench.prefix}-front`, `${bench.prefix}-back`];
    await bench.run('networks', '--network', front, '--network-alias', 'www', v1.Id);
    await bench.docker('network', 'connect', '--alias', 'b', '--alias', 'bb', back, `${bench.prefix}-networks`);
    for (const to of [v2, v1, v2]) {
      expect((await attempt(await named('networks'), to)).result).toMatchObject({
        kind: 'recreated',
        settings: { equal: true },
      });
      const { Id: id, NetworkSettings: settings } = await named('networks');
      const aliases = (network: string) =>
        [...(settings.Networks[network]?.Aliases ?? [])].filter((one) => one !== id.slice(0, 12)).sort();
      expect([aliases(front), aliases(back)]).toEqual([['www'], ['b', 'bb']]);
    }
    await bench.run('peer', '--network', back, v1.Id);
    expect(await inside(`${bench.prefix}-peer`, 'getent', 'hosts', 'bb')).toContain('bb');
    expect(await inside(`${bench.prefix}-peer`, 'getent', 'hosts', `${bench.prefix}-networks`)).toContain('networks');
  });

  it('stays off the default network where the user disconnected it', async () => {
    const back = await bench.network('only');
    await bench.run('off', v1.Id);
    await bench.docker('network', 'connect', back, `${bench.prefix}-off`);
    await bench.docker('network', 'disconnect', 'bridge', `${bench.prefix}-off`);
    expect((await attempt(await named('off'))).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    expect(Object.keys((await named('off')).NetworkSettings.Networks)).toEqual([back]);
  });

  it('keeps a MAC address that was chosen', async () => {
    const id = await bench.engine.createContainer(`${bench.prefix}-mac`, {
      Image: v1.Id,
      MacAddress: '02:42:0a:d5:4d:63',
      Labels: { 'hot-deploy.test': bench.prefix },
    });
    await bench.engine.startContainer(id);
    expect((await attempt(await named('mac'))).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    expect((await named('mac')).NetworkSettings.Networks['bridge']?.MacAddress).toBe('02:42:0a:d5:4d:63');
  });

  it('keeps links of the old kind', async () => {
    const { NetworkSettings: db } = await bench.run('db', v1.Id);
    const old = await bench.run('linked', '--link', `${bench.prefix}-db:database`, v1.Id);
    expect((await attempt(old)).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    const hosts = await inside((await named('linked')).Id, 'cat', '/etc/hosts');
    expect(hosts).toMatch(new RegExp(`${db.Networks['bridge']?.IPAddress}\\s+database`));
    const { result } = await attempt(await named('db'));
    expect(result).toMatchObject({ warnings: [expect.stringContaining(`${bench.prefix}-linked has a link`)] });
  });

  it("stays in another container's network, and says so where that one is re-created", async () => {
    const owner = await bench.run('owner', v1.Id);
    const tenant = await bench.run('tenant', '--network', `container:${bench.prefix}-owner`, v1.Id);
    expect((await attempt(tenant)).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    const { result } = await attempt(owner);
    expect(result).toMatchObject({
      kind: 'recreated',
      warnings: [expect.stringContaining(`${bench.prefix}-tenant lives in`)],
    });

    const stranded = await attempt(await named('tenant'), v1);
    expect(stranded.result).toMatchObject({ kind: 'untouched', why: expect.stringContaining(owner.Id) });
    const fresh = result.kind === 'recreated' ? result.id : '';
    const followed = await recreate(
      bench.engine,
      await named('tenant'),
      v2,
      { reference: v1.Id, id: v1.Id },
      {
        log: silent,
        clock: systemClock,
        healthTimeoutMs: 10_000,
        onPhase: () => undefined,
        replaced: new Map([[owner.Id, fresh]]),
      },
    );
    expect(followed).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    expect((await named('tenant')).HostConfig.NetworkMode).toBe(`container:${fresh}`);
  });

  it("keeps the data in volumes, the image's own and nameless ones too", async () => {
    const old = await bench.run('data', '--volume', '/more', '--mount', 'type=volume,target=/nameless', v1.Id);
    await inside(old.Id, 'sh', '-c', 'for d in /data /more /nameless; do echo kept >$d/file; done');
    for (const to of [v2, v1]) {
      expect((await attempt(await named('data'), to)).result).toMatchObject({
        kind: 'recreated',
        settings: { equal: true },
      });
    }
    const { Id: id } = await named('data');
    expect(await inside(id, 'cat', '/data/file', '/more/file', '/nameless/file')).toBe('kept\nkept\nkept');
  });

  it('takes along the secrets that compose copied into the container, every time', async () => {
    const labels = ['com.docker.compose.project=shop', `hot-deploy.test=${bench.prefix}`].flatMap((label) => [
      '--label',
      label,
    ]);
    await bench.docker('create', '--name', `${bench.prefix}-secret`, ...labels, '--tmpfs', '/mounted', v1.Id);
    const archive = pack();
    archive.entry({ name: 'run/secrets/password', mode: 0o440, uid: 7, gid: 8, mtime: new Date() }, 'hunter2');
    archive.entry({ name: 'etc/app/inline.conf', mode: 0o444, mtime: new Date() }, 'inline');
    archive.entry({ name: 'etc/app/writable', mode: 0o644, mtime: new Date() }, 'written by the application');
    archive.finalize();
    await bench.engine.putArchive(`${bench.prefix}-secret`, '/', await buffer(archive));
    await bench.engine.startContainer(`${bench.prefix}-secret`);
    for (const to of [v2, v1]) {
      expect((await attempt(await named('secret'), to)).result).toMatchObject({
        kind: 'recreated',
        settings: { equal: true },
      });
      const script =
        'cd /; stat -c "%n %a %u %g" run/secrets/* etc/app/*; cat run/secrets/password etc/app/inline.conf';
      expect(await inside((await named('secret')).Id, 'sh', '-c', script)).toBe(
        'run/secrets/password 440 7 8\netc/app/inline.conf 444 0 0\nhunter2inline',
      );
      // A second apart, since what counts is the time in whole seconds of each new container.
      await systemClock.sleep(6_000);
    }
  });

  it('does not wait for an interval of the health check where the check passes before', async () => {
    const old = await bench.run(
      'slow-check',
      '--health-cmd',
      'test -e /tmp/up || { touch /tmp/up; false; }',
      '--health-interval',
      '1h',
      v1.Id,
    );
    const { result, phases } = await attempt(old);
    expect(result.kind).toBe('recreated');
    expect(phases['health']).toBeLessThan(3_000);
  });

  it('of a container that the engine deletes when it stops', async () => {
    const old = await bench.run('rm', '--rm', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo kept >/data/file');
    const { result } = await attempt(old);
    expect(result).toMatchObject({
      kind: 'recreated',
      settings: { equal: true },
      warnings: [expect.stringContaining('--rm')],
    });
    expect(await inside((await named('rm')).Id, 'cat', '/data/file')).toBe('kept');
  });
});

describe('when the new image fails, the old container serves again', () => {
  const serves = async (old: ContainerDetails) => {
    const { Name: name, Id: id, State: state } = await bench.engine.inspectContainer(old.Id);
    expect({ name, id, running: state.Running }).toEqual({ name: old.Name, id: old.Id, running: true });
    expect((await bench.containers()).filter((one) => one.includes('hot-deploy'))).toEqual([]);
  };

  it('because its health check fails', async () => {
    const sick = await bench.image(
      'sick',
      idle,
      'HEALTHCHECK --interval=100ms --retries=2 CMD echo no database; exit 1',
    );
    const old = await bench.run('sick', v1.Id);
    const { result } = await attempt(old, sick);
    expect(result).toEqual({
      kind: 'restored',
      id: old.Id,
      why: expect.stringMatching(/HEALTHCHECK failed \d+ times \(no database\)/),
    });
    await serves(old);
  });

  it('because it is still starting when the time is up', async () => {
    const slow = await bench.image('slow', idle, 'HEALTHCHECK --interval=1h CMD echo not yet; exit 1');
    const old = await bench.run('slow', v1.Id);
    const { result } = await attempt(old, slow, 1_500);
    expect(result).toMatchObject({
      kind: 'restored',
      why: expect.stringMatching(/still starting after 1.5 s .*not yet/),
    });
    await serves(old);
  });

  it.each(['no', 'always'])('because its process ends at once, with restart policy %s', async (policy) => {
    const crash = await bench.image(`crash-${policy}`, 'CMD ["sh", "-c", "echo no configuration >&2; exit 7"]');
    const old = await bench.run(`crash-${policy}`, '--restart', policy, v1.Id);
    const { result, phases } = await attempt(old, crash);
    const why =
      policy === 'no' ? /exit code 7; .*\nno configuration/ : /(exit code 7|was restarted).*\nno configuration/;
    expect(result).toMatchObject({ kind: 'restored', why: expect.stringMatching(why) });
    expect(phases['health']).toBeLessThan(1_900);
    await serves(old);
  });

  it('because it cannot be started', async () => {
    const broken = await bench.image('broken', 'ENTRYPOINT ["/no/such/program"]');
    const old = await bench.run('broken', v1.Id);
    const { result } = await attempt(old, broken);
    expect(result).toMatchObject({ kind: 'restored', why: expect.stringContaining('/no/such/program') });
    await serves(old);
  });

  it('with its data', async () => {
    const crash = await bench.image('crash-data', 'VOLUME /data', 'VOLUME /other', 'CMD ["false"]');
    const old = await bench.run('data-back', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo kept >/data/file');
    const made = new Set<string>();
    const watched: Engine = {
      ...bench.engine,
      removeContainer: async (id, options) => {
        for (const { Name: volume } of (await bench.engine.inspectContainer(id)).Mounts) if (volume) made.add(volume);
        await bench.engine.removeContainer(id, options);
      },
    };
    expect((await attempt(old, crash, 10_000, watched)).result.kind).toBe('restored');
    await serves(old);
    expect(await inside(old.Id, 'cat', '/data/file')).toBe('kept');
    expect(made.size).toBe(2);
    const left = (await bench.docker('volume', 'ls', '--quiet')).split('\n').filter((volume) => made.has(volume));
    expect(left).toEqual(old.Mounts.map(({ Name: volume }) => volume));
  });

  it('and is healthy again before that is said', async () => {
    const crash = await bench.image('crash-health', 'CMD ["false"]');
    const old = await bench.run('well', '--health-cmd', 'sleep 0.3', '--health-interval', '100ms', v1.Id);
    await expect.poll(async () => (await named('well')).State.Health?.Status).toBe('healthy');
    const { result, phases } = await attempt(await named('well'), crash);
    expect(result.kind).toBe('restored');
    expect(phases['restore']).toBeGreaterThan(300);
    await serves(old);
  });

  it('made anew where the engine deleted it, with its data', async () => {
    const crash = await bench.image('crash-rm', 'VOLUME /data', 'CMD ["false"]');
    const old = await bench.run('rm-back', '--rm', '--env', 'KEY=1', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo kept >/data/file');
    const { result } = await attempt(old, crash);
    const again = await named('rm-back');
    expect(result).toMatchObject({ kind: 'restored', id: again.Id });
    expect(again.Image).toBe(v1.Id);
    expect(await inside(again.Id, 'sh', '-c', 'echo $VERSION $KEY; cat /data/file')).toBe('1 1\nkept');
    expect((await bench.containers()).filter((one) => one.includes('hot-deploy'))).toEqual([]);
  });
});

describe('a container is not touched', () => {
  it('when the temporary name belongs to somebody', async () => {
    const old = await bench.run('taken', v1.Id);
    const other = await bench.run(`taken.hot-deploy-new-${old.Id.slice(0, 12)}`, v1.Id);
    const { result } = await attempt(old);
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('remove or rename it') });
    expect(await bench.engine.inspectContainer(old.Id)).toMatchObject({ State: { StartedAt: old.State.StartedAt } });
    expect(await bench.engine.inspectContainer(other.Id)).toMatchObject({ State: { Running: true } });
    await bench.engine.removeContainer(other.Id, { force: true });
  });

  it('but one that a killed run left under that name makes room', async () => {
    const old = await bench.run('killed', v1.Id);
    await bench.engine.createContainer(`${bench.prefix}-killed.hot-deploy-new-${old.Id.slice(0, 12)}`, {
      Image: v1.Id,
    });
    expect((await attempt(old)).result.kind).toBe('recreated');
    expect((await bench.containers()).filter((one) => one.includes('hot-deploy'))).toEqual([]);
  });

  it('when the name that it needs for itself meanwhile is taken', async () => {
    const old = await bench.run('kept', v1.Id);
    const other = await bench.run(`kept.hot-deploy-old-${old.Id.slice(0, 12)}`, v1.Id);
    expect((await attempt(old)).result).toMatchObject({
      kind: 'untouched',
      why: expect.stringContaining('needed and taken'),
    });
    await bench.engine.removeContainer(other.Id, { force: true });
  });

  it('when Swarm looks after it', async () => {
    const old = await bench.run('task', '--label', 'com.docker.swarm.service.name=shop_web', v1.Id);
    expect((await attempt(old)).result).toMatchObject({
      kind: 'untouched',
      why: expect.stringContaining('service shop_web'),
    });
  });

  it('when the new one cannot be created', async () => {
    const old = await bench.run('gone', v1.Id);
    const { result } = await attempt(old, { ...v2, Id: `sha256:${'0'.repeat(64)}`, RepoTags: ['no:such'] });
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('has no image') });
  });

  it('when it is not running', async () => {
    await bench.run('stopped', v1.Id);
    await bench.engine.stopContainer(`${bench.prefix}-stopped`);
    const { result } = await attempt(await named('stopped'));
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('is exited') });
  });
});

describe('the name of the image', () => {
  it('is the tag where that means the new image, else its id', async () => {
    const old = await bench.run('tagged', v1.RepoTags[0] ?? '');
    await attempt(old);
    expect((await named('tagged')).Config.Image).toBe(v2.RepoTags[0]);
    await recreate(
      bench.engine,
      await named('tagged'),
      v2,
      { reference: v2.RepoTags[0] ?? '', id: v1.Id },
      {
        log: silent,
        clock: systemClock,
        healthTimeoutMs: 10_000,
        onPhase: () => undefined,
      },
    );
    expect(await named('tagged')).toMatchObject({ Image: v1.Id, Config: { Image: v1.Id } });
  });
});
