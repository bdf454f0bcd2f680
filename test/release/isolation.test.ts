import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { confinement } from '../../src/release/confinement.js';
import { bootIsolated, createIsolated, type Isolated } from '../../src/release/isolation.js';
import { systemClock } from '../../src/system/log.js';
import { secrets } from '../../src/system/secrets.js';
import { container, image } from '../engines/created.js';

const serving = {
  config: { Env: ['DB=prod'], Labels: { 'traefik.enable': 'true' }, ExposedPorts: { '80/tcp': {} } },
  hostConfig: {
    NetworkMode: 'host',
    PidMode: 'host',
    IpcMode: 'host',
    UTSMode: 'host',
    Privileged: true,
    CapAdd: ['SYS_ADMIN'],
    Devices: [{ PathOnHost: '/dev/kmsg' }],
    Binds: ['/var/run/docker.sock:/var/run/docker.sock'],
    VolumesFrom: ['db'],
    PortBindings: { '80/tcp': [{ HostPort: '80' }] },
    ExtraHosts: ['db:10.0.0.5'],
    Dns: ['10.0.0.2'],
    Links: ['/db:/web/db'],
    AutoRemove: true,
    RestartPolicy: { Name: 'always' },
    LogConfig: { Type: 'fluentd', Config: { 'fluentd-address': 'logs:24224' } },
    CgroupParent: 'production',
    NanoCpus: 2_000_000_000,
    Memory: 512_000_000,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
  },
} as const;

async function spec(
  chosen: Partial<Isolated> = {},
  removed: string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const from = image();
  let made: Readonly<Record<string, unknown>> = {};
  const engine = {
    createContainer: async (_: string, body: typeof made) => {
      made = body;
      return 'id';
    },
    removeContainer: async (id: string) => void removed.push(id),
  } as unknown as Engine;
  await createIsolated(engine, 'rehearsal', {
    container: container(serving, from),
    oldImage: from,
    image: from,
    nodeName: 'app@web',
    named: false,
    environment: [],
    ...chosen,
  });
  return made;
}

describe('a throw-away container', () => {
  it('has nothing of production but how it is kept in', async () => {
    expect((await spec())['HostConfig']).toEqual({
      NanoCpus: 2_000_000_000,
      Memory: 512_000_000,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: 'none',
      ExtraHosts: expect.any(Array),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
    });
  });

  it('names its node as the real one is named, also by an address', async () => {
    const hosts = async (host: string, chosen: Partial<Isolated> = {}) => {
      const from = image();
      const its = {
        ...container(serving, from),
        NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.9' } } },
      };
      const made = await spec({
        container: its as unknown as Isolated['container'],
        nodeName: `app@${host}`,
        ...chosen,
      });
      const { Hostname, HostConfig } = made as { Hostname: string; HostConfig: { ExtraHosts: readonly string[] } };
      return HostConfig.ExtraHosts.find((entry) => entry.startsWith(`${Hostname}:`))?.slice(Hostname.length + 1);
    };
    expect(await hosts('172.17.0.9')).toBe('172.17.0.9');
    expect(await hosts('web')).toBe('127.0.0.1');
    expect(await hosts('10.9.8.7')).toBe('127.0.0.1');
    // There it has an address of its own.
    expect(await hosts('172.17.0.9', { network: 'staging' })).toBe('127.0.0.1');
  });

  it('is known to no proxy, and publishes nothing', async () => {
    expect(await spec()).toMatchObject({ Labels: { 'hot-deploy.role': 'rehearsal' }, ExposedPorts: {}, Volumes: {} });
  });

  it('goes with the run that is cancelled, before it was made or after', async () => {
    const removed: string[] = [];
    const controller = new AbortController();
    await spec({ signal: controller.signal }, removed);
    expect(removed).toEqual([]);
    controller.abort();
    await spec({ signal: controller.signal }, removed);
    expect(removed).toEqual(['id', 'id']);
  });

  it('has as many processors as the one it stands for, since a release makes as many partitions', () => {
    const within = confinement(container({ hostConfig: { NanoCpus: 1, CpusetCpus: '0-1', Privileged: true } }));
    expect(within).toEqual({ NanoCpus: 1, CpusetCpus: '0-1' });
  });
});

describe('a throw-away container that ends while it is asked', () => {
  const ended = (found: unknown, exec: () => Promise<never>): Engine => {
    secrets.learn(['URL=ecto://shop:hunter2@db'], 'all');
    const states = [{ Running: true }, { Running: false, ExitCode: 3 }];
    return {
      startContainer: async () => undefined,
      findContainer: async () => found && { Id: 'id', State: states.shift() },
      logs: async () => 'no answer from ecto://shop:hunter2@db\n',
      exec,
    } as unknown as Engine;
  };
  const boot = (engine: Engine) =>
    bootIsolated(engine, 'id', { nodeName: '', named: false, environment: [] }, '', systemClock);

  it('has not booted, and says why without its secrets', async () => {
    const gone = Object.assign(new Error('container id is not running'), { statusCode: 409 });
    expect(await boot(ended(true, () => Promise.reject(gone)))).toEqual({
      kind: 'failed',
      why: 'it ended with exit code 3: “no answer from ***”',
      ended: true,
    });
  });

  it('or was removed by somebody', async () => {
    const engine = ended(undefined, () => Promise.reject(new Error('never asked')));
    expect(await boot(engine)).toMatchObject({ kind: 'failed', why: 'somebody removed the throw-away container' });
  });
});
