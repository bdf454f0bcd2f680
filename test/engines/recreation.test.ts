import { describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { recreation } from '../../src/engines/recreation.js';
import { type Chosen, container, image } from './created.js';

const plain = image();
const again = (chosen: Chosen, from: ImageDetails = plain) =>
  recreation(container(chosen, from), from, 'app:2', 'sha256:2');
const hostConfig = (chosen: Chosen, from?: ImageDetails) =>
  again(chosen, from).spec['HostConfig'] as Readonly<Record<string, unknown>>;

describe('what the image gave is left for the new image to give', () => {
  const from = image({
    Env: ['PATH=/bin', 'RELEASE=1'],
    Cmd: ['start'],
    Entrypoint: ['/app'],
    User: 'app',
    WorkingDir: '/srv/',
    Labels: { version: '1' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    Healthcheck: { Test: ['CMD', 'check'], Interval: 5 },
    StopSignal: 'SIGQUIT',
  });

  it('in every field, when nothing was chosen', () => {
    const { HostConfig, ...config } = again({}, from).spec;
    expect(config).toEqual({ Image: 'app:2', Tty: false });
  });

  it('where the user chose other variables, labels, ports and volumes beside them', () => {
    const chosen = { Env: ['KEY=1'], Labels: { mine: 'x' }, ExposedPorts: { '81/tcp': {} }, Volumes: { '/more': {} } };
    expect(again({ config: chosen }, from).spec).toMatchObject(chosen);
    expect(again({ config: chosen }, from).spec['Env']).toEqual(['KEY=1']);
  });

  it("where the image's working directory ends with a slash, which the engine cuts off", () => {
    expect(again({}, from).spec).not.toHaveProperty('WorkingDir');
  });
});

describe('what the user set is kept', () => {
  it('a variable of the image that the user set to something else, by key and value', () => {
    const from = image({ Env: ['MODE=image', 'PATH=/bin'] });
    expect(again({ config: { Env: ['MODE=mine', 'EMPTY=', 'UNSET'] } }, from).spec['Env']).toEqual([
      'MODE=mine',
      'EMPTY=',
      'UNSET',
    ]);
  });

  it('one part of a health check, while the rest stays with the image', () => {
    const from = image({ Healthcheck: { Test: ['CMD', 'check'], Interval: 5, Retries: 3 } });
    expect(again({ config: { Healthcheck: { Interval: 9 } } }, from).spec['Healthcheck']).toEqual({ Interval: 9 });
  });

  it('a health check that was switched off', () => {
    const from = image({ Healthcheck: { Test: ['CMD', 'check'] } });
    expect(again({ config: { Healthcheck: { Test: ['NONE'] } } }, from).spec['Healthcheck']).toEqual({
      Test: ['NONE'],
    });
  });

  it.each([
    { User: '1000:1000' },
    { WorkingDir: '/work' },
    { StopSignal: 'SIGINT' },
    { StopTimeout: 0 },
    { Tty: true },
    { Shell: ['sh'] },
  ])('%o', (config) => {
    expect(again({ config }).spec).toMatchObject(config);
  });

  it('everything about the host', () => {
    const chosen = {
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2048 }],
      Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'r' }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      Tmpfs: { '/tmp': 'size=1m' },
      SomethingOfTheFuture: { Deep: [1] },
    };
    expect(hostConfig({ hostConfig: chosen })).toMatchObject(chosen);
  });
});

describe('entrypoint and command', () => {
  const from = image({ Entrypoint: ['/app'], Cmd: ['start'] });

  it.each([
    ['a command of the user', { Cmd: ['console'] }, { Cmd: ['console'] }],
    [
      'an entrypoint of the user, which takes away the command',
      { Entrypoint: ['sh'] },
      { Entrypoint: ['sh'], Cmd: null },
    ],
    [
      "an entrypoint with the image's command by chance",
      { Entrypoint: ['sh'], Cmd: ['start'] },
      { Entrypoint: ['sh'], Cmd: ['start'] },
    ],
    [
      "an entrypoint that was reset with --entrypoint ''",
      { Entrypoint: [''], Cmd: ['start'] },
      { Entrypoint: [''], Cmd: ['start'] },
    ],
    ['an entrypoint that is an empty list', { Entrypoint: [] }, { Entrypoint: [] }],
  ])('%s', (_, config, wanted) => {
    const { Entrypoint, Cmd } = again({ config }, from).spec;
    expect({ ...(Entrypoint === undefined ? {} : { Entrypoint }), ...(Cmd === undefined ? {} : { Cmd }) }).toEqual(
      wanted,
    );
  });
});

describe('names', () => {
  it('a host name is kept only where the user chose it', () => {
    expect(again({}).spec).not.toHaveProperty('Hostname');
    expect(again({ config: { Hostname: 'web', Domainname: 'example.org' } }).spec).toMatchObject({
      Hostname: 'web',
      Domainname: 'example.org',
    });
  });

  it("a host name that was copied from the host's UTS namespace is not the user's", () => {
    expect(again({ config: { Hostname: 'machine' }, hostConfig: { UTSMode: 'host' } }).spec).not.toHaveProperty(
      'Hostname',
    );
  });

  it('the compose label follows the image, the others stay', () => {
    const labels = { 'com.docker.compose.image': 'sha256:1', 'com.docker.compose.service': 'web' };
    expect(again({ config: { Labels: labels } }).spec['Labels']).toEqual({
      ...labels,
      'com.docker.compose.image': 'sha256:2',
    });
  });
});

describe('volumes', () => {
  it.each([
    ['that the image declares', {}, image({ Volumes: { '/data': {} } })],
    ['that the user declares', { Volumes: { '/data': {} } }, plain],
  ])('an anonymous one %s is carried over by its name', (_, config, from) => {
    const [made] = container({ config }, from).Mounts;
    expect(hostConfig({ config }, from)['Mounts']).toEqual([{ Type: 'volume', Source: made?.Name, Target: '/data' }]);
  });

  it('one that was mounted without a name is carried over by the name it was given', () => {
    const chosen = { hostConfig: { Mounts: [{ Type: 'volume', Target: '/data', VolumeOptions: { NoCopy: true } }] } };
    const [made] = container(chosen).Mounts;
    expect(hostConfig(chosen)['Mounts']).toEqual([
      { Type: 'volume', Source: made?.Name, Target: '/data', VolumeOptions: { NoCopy: true } },
    ]);
  });

  it('named ones and folders of the host stay as they are, and are mounted once', () => {
    const binds = ['data:/data:ro', '/srv:/srv'];
    const from = image({ Volumes: { '/data': {} } });
    expect(hostConfig({ hostConfig: { Binds: binds } }, from)).toMatchObject({ Binds: binds });
    expect(hostConfig({ hostConfig: { Binds: binds } }, from)).not.toHaveProperty('Mounts');
  });

  it('those of --volumes-from are left to the container they come from', () => {
    const old = container({ hostConfig: { VolumesFrom: ['data:ro'] } });
    old.Mounts.push({
      Type: 'volume',
      Name: 'v',
      Source: '',
      Destination: '/data',
      Driver: 'local',
      Mode: '',
      RW: true,
      Propagation: '',
    });
    const { HostConfig: host } = recreation(old, plain, 'app:2').spec;
    expect(host).toMatchObject({ VolumesFrom: ['data:ro'] });
    expect(host).not.toHaveProperty('Mounts');
  });
});

describe('warnings', () => {
  it('with --rm there is no old container to go back to', () => {
    expect(again({ hostConfig: { AutoRemove: true } }).warnings).toEqual([expect.stringContaining('--rm')]);
  });

  it('a host port that the engine chose may change', () => {
    const bindings = { '80/tcp': [{ HostIp: '', HostPort: '' }], '81/tcp': [{ HostPort: '8081' }] };
    expect(again({ hostConfig: { PortBindings: bindings } }).warnings).toEqual([expect.stringContaining('(80/tcp)')]);
  });
});
