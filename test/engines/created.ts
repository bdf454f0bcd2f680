import { createHash } from 'node:crypto';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { ContainerSpec } from '../../src/engines/engine.js';

type Fields = Record<string, unknown>;

/** What a person chose, in the Engine's own words. */
export interface Chosen {
  readonly config?: Fields;
  readonly hostConfig?: Fields;
  readonly networks?: Readonly<Record<string, Fields>>;
}

export function image(config: Fields = {}, seed = 'old'): ImageDetails {
  const none = {
    Env: null,
    Cmd: null,
    Entrypoint: null,
    Labels: null,
    Volumes: null,
    WorkingDir: '',
    User: '',
    Hostname: '',
  };
  return { Id: `sha256:${hash(seed)}`, Config: { ...none, ...config } } as unknown as ImageDetails;
}

/** A container of what was chosen. */
export function container(chosen: Chosen, from: ImageDetails = image(), seed = 'container'): ContainerDetails {
  const { config = {}, hostConfig = {}, networks = {} } = chosen;
  return created(
    { ...config, Image: 'app:1', HostConfig: hostConfig, NetworkingConfig: { EndpointsConfig: networks } },
    from,
    seed,
  );
}

/**
 * What the Engine shows after it was told to create and start a container: a model of its `merge`, of the host name it
 * makes up, of the volumes it makes, and of the aliases it adds.
 * https://github.com/moby/moby/blob/v20.10.24/daemon/commit.go#L18
 */
export function created(spec: ContainerSpec, from: ImageDetails, seed: string): ContainerDetails {
  const { HostConfig: host, NetworkingConfig: networking, ...config } = spec as Record<string, Fields>;
  const id = hash(seed);
  const hostConfig = { NetworkMode: 'default', Binds: null, AutoRemove: false, ...host } as Fields;
  const merged = merge(config as Fields, from.Config as unknown as Fields);
  merged['Hostname'] ||= id.slice(0, 12);
  merged['Domainname'] ||= '';
  const name = 'web';
  // Shown under the names of both containers, and null where there are none.
  const links = (list(hostConfig['Links']) as string[]).map((link) => link.replace(/^(.*):(.*)$/, `/$1:/${name}/$2`));
  hostConfig['Links'] = links.length === 0 ? null : links;
  return {
    Id: id,
    Name: `/${name}`,
    Image: from.Id,
    State: { Status: 'running', Running: true },
    Config: merged,
    HostConfig: hostConfig,
    Mounts: mounts(merged, hostConfig, seed),
    NetworkSettings: {
      Networks: endpoints(hostConfig, (networking?.['EndpointsConfig'] ?? {}) as Record<string, Fields>, id),
    },
  } as unknown as ContainerDetails;
}

function merge(config: Fields, from: Fields): Fields {
  const env = (list(from['Env']) as string[]).filter(
    (entry) => !(list(config['Env']) as string[]).some((own) => own.split('=')[0] === entry.split('=')[0]),
  );
  const merged: Fields = {
    Tty: false,
    ...config,
    User: config['User'] || from['User'],
    WorkingDir: String(config['WorkingDir'] || from['WorkingDir'] || '').replace(/(.)\/$/, '$1'),
    Env: [...list(config['Env']), ...env],
    Labels: { ...fields(from['Labels']), ...fields(config['Labels']) },
    ExposedPorts: { ...fields(from['ExposedPorts']), ...fields(config['ExposedPorts']) },
    Volumes: { ...fields(from['Volumes']), ...fields(config['Volumes']) },
    ...(config['StopSignal'] || from['StopSignal'] ? { StopSignal: config['StopSignal'] || from['StopSignal'] } : {}),
  };
  if (config['Healthcheck'] || from['Healthcheck']) merged['Healthcheck'] = healthcheck(config, from);
  merged['Entrypoint'] = config['Entrypoint'] ?? null;
  merged['Cmd'] = config['Cmd'] ?? null;
  if (list(config['Entrypoint']).length === 0) {
    if (list(config['Cmd']).length === 0) merged['Cmd'] = from['Cmd'] ?? null;
    if (config['Entrypoint'] === undefined || config['Entrypoint'] === null)
      merged['Entrypoint'] = from['Entrypoint'] ?? null;
  }
  if (JSON.stringify(merged['Entrypoint']) === '[""]') merged['Entrypoint'] = null;
  return merged;
}

function healthcheck(config: Fields, from: Fields): Fields {
  const own = Object.entries(fields(config['Healthcheck'])).filter(([, value]) => value !== 0);
  return { ...fields(from['Healthcheck']), ...Object.fromEntries(own) };
}

function mounts(config: Fields, hostConfig: Fields, seed: string): unknown[] {
  const volume = (target: string, name: string, writable: boolean) => ({
    Type: 'volume',
    Name: name,
    Source: `/volumes/${name}`,
    Destination: target,
    Driver: 'local',
    Mode: '',
    RW: writable,
  });
  const bound = (list(hostConfig['Binds']) as string[]).map((bind) => {
    const [source = '', target = '', mode = ''] = bind.split(':');
    const mount = volume(target, source, !mode.includes('ro'));
    return source.startsWith('/') ? { ...mount, Type: 'bind', Name: undefined, Source: source } : mount;
  });
  const mounted = (list(hostConfig['Mounts']) as Fields[]).map(
    ({ Type: type, Source: source, Target: target, ReadOnly: ro }) => ({
      ...volume(String(target), String(source || hash(`${seed}${target}`)), ro !== true),
      Type: type,
    }),
  );
  const inMemory = Object.keys(fields(hostConfig['Tmpfs']));
  const taken = new Set([...inMemory, ...[...bound, ...mounted].map((mount) => mount.Destination)]);
  const declared = Object.keys(fields(config['Volumes'])).filter((target) => !taken.has(target));
  return [...bound, ...mounted, ...declared.map((target) => volume(target, hash(`${seed}${target}`), true))];
}

function endpoints(hostConfig: Fields, chosen: Record<string, Fields>, id: string): Record<string, Fields> {
  const mode = String(hostConfig['NetworkMode']);
  if (mode.startsWith('container:')) return {};
  const primary = mode === 'default' ? 'bridge' : mode;
  const all: Record<string, Fields> = { [primary]: {}, ...chosen };
  return Object.fromEntries(
    Object.entries(all).map(([network, endpoint]) => [
      network,
      {
        IPAMConfig: null,
        Links: null,
        ...endpoint,
        Aliases: ['bridge', 'host', 'none'].includes(network) ? null : [...list(endpoint['Aliases']), id.slice(0, 12)],
        NetworkID: hash(network),
        EndpointID: hash(id),
        IPAddress: `10.0.0.${Number.parseInt(id.slice(0, 2), 16)}`,
        MacAddress: '02:42:0a:00:00:02',
      },
    ]),
  );
}

const hashes = new Map<string, string>();

/** Made once for each seed: properties make the same containers again and again. */
export function hash(seed: string): string {
  const known = hashes.get(seed) ?? createHash('sha256').update(seed).digest('hex');
  hashes.set(seed, known);
  return known;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
