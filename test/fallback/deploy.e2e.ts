import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { differingSettings, settings } from '../../src/engines/settings.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { type Place, removeScripts, scripted } from './scripted.js';

let bench: Workbench;
let v1: ImageDetails;
let v2: ImageDetails;
let broken: ImageDetails;
let picky: ImageDetails;

const serving = `CMD ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]`;
const checked = 'HEALTHCHECK --interval=1s --retries=2 CMD true';

beforeAll(async () => {
  bench = await openWorkbench();
  v1 = await bench.image('app:1', 'ENV VERSION=1', 'VOLUME /data', checked, serving);
  v2 = await bench.image('app:2', 'ENV VERSION=2', 'VOLUME /data', checked, serving);
  const choosy = 'HEALTHCHECK --interval=1s --retries=1 CMD test "$PICKY" = no';
  picky = await bench.image('app:4', 'ENV VERSION=4', choosy, serving);
  broken = await bench.image('app:3', 'ENV VERSION=3', 'HEALTHCHECK --interval=1s --retries=1 CMD false', serving);
});
afterAll(async () => {
  // A journal's container is made of an image that goes with the bench.
  await removeScripts();
  await bench?.clear();
});

const reference = (image: ImageDetails) => image.RepoTags[0] ?? image.Id;
const version = (name: string) => bench.docker('exec', `${bench.prefix}-${name}`, 'printenv', 'VERSION');
const named = (name: string) => bench.engine.inspectContainer(`${bench.prefix}-${name}`);
const kept = async (name: string) =>
  (await bench.containers()).filter((one) => one.startsWith(`${bench.prefix}-${name}.hot-deploy-`));

const places: readonly Place[] = ['here', ...onlyNightly<Place>('bookworm', 'trixie')];

describe.each(places)('with the docker CLI of %s', (place) => {
  it('puts a container on the other image, keeps the old one, and goes back to it', async () => {
    const name = `plain-${place}`;
    const old = await bench.run(name, '--restart', 'always', '--env', 'SECRET=s3cr3t', v1.Id);
    const { run, text } = await scripted(
      bench.engine,
      [`${bench.prefix}-${name}`],
      { image: reference(v2) },
      { place },
    );
    expect(text).not.toContain('s3cr3t');

    const deployed = await run('deploy');
    expect(deployed, deployed.stderr).toMatchObject({ code: 0 });
    expect(await version(name)).toBe('2');
    expect(await bench.docker('exec', `${bench.prefix}-${name}`, 'printenv', 'SECRET')).toBe('s3cr3t');
    expect(await kept(name)).toEqual([`${bench.prefix}-${name}.hot-deploy-previous-${old.Id.slice(0, 12)}`]);
    expect((await bench.engine.inspectContainer(old.Id)).HostConfig.RestartPolicy).toMatchObject({ Name: 'no' });

    const back = await run('rollback');
    expect(back, back.stderr).toMatchObject({ code: 0 });
    expect((await named(name)).Id).toBe(old.Id);
    expect((await named(name)).HostConfig.RestartPolicy).toMatchObject({ Name: 'always' });
    expect(await version(name)).toBe('1');
  });

  it('goes back where the new container does not become healthy', async () => {
    const name = `sick-${place}`;
    const old = await bench.run(name, v1.Id);
    const { run } = await scripted(bench.engine, [`${bench.prefix}-${name}`], { image: reference(broken) }, { place });
    const ran = await run('deploy');
    expect(ran, ran.stderr).toMatchObject({ code: 3 });
    expect((await named(name)).Id).toBe(old.Id);
    expect((await named(name)).State.Running).toBe(true);
    expect(await kept(name)).toEqual([]);
  });

  it('makes one anew that is gone, and takes it away again where a later one does not come up', async () => {
    const [first, second] = [`gone-${place}`, `picky-${place}`];
    await bench.run(first, '--env', 'PICKY=no', v1.Id);
    const old = await bench.run(second, '--env', 'PICKY=yes', v1.Id);
    const { run } = await scripted(
      bench.engine,
      [first, second].map((name) => `${bench.prefix}-${name}`),
      { image: reference(picky) },
      { place, withEnv: true },
    );
    const there = async () =>
      (await bench.containers()).filter((name) =>
        [first, second].some((one) => name.startsWith(`${bench.prefix}-${one}`)),
      );
    await bench.docker('rm', '-f', `${bench.prefix}-${first}`);

    const ran = await run('deploy');
    expect(ran, ran.stderr).toMatchObject({ code: 3 });
    expect(ran.stderr).toContain(`${bench.prefix}-${first} is not there: it is made anew`);
    expect(ran.stderr).toContain(`${bench.prefix}-${first}: there was none, and it is removed again`);
    expect(await there()).toEqual([`${bench.prefix}-${second}`]);
    expect((await named(second)).Id).toBe(old.Id);
    expect((await named(second)).State.Running).toBe(true);

    const alone = await run('deploy', `${bench.prefix}-${first}`);
    expect(alone, alone.stderr).toMatchObject({ code: 0 });
    expect((await named(first)).Image).toBe(picky.Id);
    expect((await named(first)).State.Running).toBe(true);
  });

  itNightly('carries every setting over', async () => {
    const name = `settings-${place}`;
    const net = await bench.network(`net-${place}`, '--subnet', `10.213.${place.length + 80}.0/24`);
    const further = await bench.network(`further-${place}`);
    const hostile = `'"\`$(id)\` \\ é\u{1f980}\n-- second line\n\t`;
    await bench.run(
      name,
      ...[
        '--network',
        net,
        '--ip',
        `10.213.${place.length + 80}.50`,
        '--network-alias',
        'www',
        '--network-alias',
        'api',
      ],
      ...['--hostname', 'chosen', '--domainname', 'example.org', '--dns', '10.213.77.1', '--dns-search', 'example.org'],
      ...['--add-host', 'db:10.213.77.9', '--publish', '127.0.0.1::80', '--expose', '9999'],
      ...['--env', 'SECRET=a=b c', '--env', 'VERSION=mine', '--env', 'EMPTY=', '--env', `HOSTILE=${hostile}`],
      ...['--env', `PATH=/bin:/usr/bin:/hostile\n$(id)`, '--env', 'odd-name.x=1', '--env', `odd-lines.x=1\n2`],
      ...[
        '--env',
        '  spaced=  x  ',
        '--env',
        '#hash=1',
        '--env',
        'DOCKER_HOST=tcp://nowhere\n:1',
        '--env',
        'name=n\nm',
      ],
      ...['--user', '1000:1000', '--workdir', '/tmp', '--label', `hostile=${hostile}`, '--label', '--privileged=true'],
      ...['--label', 'com.docker.compose.image=sha256:old', '--label', 'empty=', '--stop-timeout', '3'],
      ...['--stop-signal', 'TERM', '--health-cmd', `true '${'x y'}' "$HOME"`, '--health-interval', '61s'],
      ...['--restart', 'on-failure:3', '--init'],
      ...[
        '--volume',
        `${bench.prefix}-named-${place}:/named:ro`,
        '--volume',
        '/anonymous',
        '--volume',
        '/etc:/host-etc:ro',
      ],
      ...[
        '--mount',
        'type=volume,target=/nameless',
        '--mount',
        '"type=tmpfs","target=/scratch,x",tmpfs-size=1048576,tmpfs-mode=755',
      ],
      ...['--tmpfs', '/run:size=1m', '--memory', '64m', '--cpus', '0.5', '--pids-limit', '100', '--shm-size', '16m'],
      ...['--oom-score-adj', '10', '--ulimit', 'nofile=1024:2048', '--cap-drop', 'NET_RAW', '--cap-add', 'SYS_NICE'],
      ...['--device', '/dev/null:/dev/x:r', '--security-opt', 'no-new-privileges', '--group-add', '5'],
      ...['--sysctl', 'net.ipv4.ip_unprivileged_port_start=0', '--log-driver', 'json-file', '--log-opt', 'max-size=1m'],
      ...['--read-only', '--ipc', 'shareable', '--tty', '--interactive', '--security-opt', 'systempaths=unconfined'],
      v1.Id,
      ...['sh', '-c', `trap 'exit 0' TERM; : ${JSON.stringify('"')}; sleep infinity & wait`, hostile, '-x', ''],
    );
    await bench.docker('network', 'connect', '--alias', 'second', further, `${bench.prefix}-${name}`);
    const old = await named(name);
    const { run } = await scripted(bench.engine, [`${bench.prefix}-${name}`], { image: reference(v2) }, { place });
    const ran = await run('deploy');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const fresh = await named(name);
    expect(fresh.Image).toBe(v2.Id);
    expect(fresh.Id).not.toBe(old.Id);
    // Whatever its options say, `docker create` attaches what `docker run --detach` does not; of standard input the script tells.
    expect(differingSettings(settings(old, v1), settings(fresh, v2))).toEqual([
      'AttachStderr',
      'AttachStdin',
      'AttachStdout',
      'StdinOnce',
    ]);
    expect(fresh.Config.Labels).toMatchObject({ 'com.docker.compose.image': v2.Id });
  });
});
