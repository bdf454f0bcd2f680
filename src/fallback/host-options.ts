import { type Config, fields, list } from '../engines/overrides.js';

/** What the docker CLI says for one field of `HostConfig`, and what it cannot say. */
export interface Said {
  readonly options: readonly string[];
  readonly unsaid?: string;
}

type Saying = (value: unknown) => readonly string[] | Said;

const each =
  (flag: string): Saying =>
  (value) =>
    list(value).map((one) => `--${flag}=${one}`);
const pairs =
  (flag: string): Saying =>
  (value) =>
    Object.entries(fields(value)).map(([key, one]) => `--${flag}=${key}=${one}`);
const text =
  (flag: string): Saying =>
  (value) =>
    value ? [`--${flag}=${value}`] : [];
const whether =
  (flag: string): Saying =>
  (value) =>
    value === true ? [`--${flag}`] : [];
const device =
  (flag: string, what: string): Saying =>
  (value) =>
    list(value)
      .map(fields)
      .map((one) => `--${flag}=${one['Path']}:${one[what]}`);
const nothing: Saying = () => [];

/** By the field's name; what is not here is said to be missing where it holds anything. */
export const hostOptions: Readonly<Record<string, Saying>> = {
  AutoRemove: whether('rm'),
  Annotations: pairs('annotation'),
  Binds: each('volume'),
  BlkioDeviceReadBps: device('device-read-bps', 'Rate'),
  BlkioDeviceReadIOps: device('device-read-iops', 'Rate'),
  BlkioDeviceWriteBps: device('device-write-bps', 'Rate'),
  BlkioDeviceWriteIOps: device('device-write-iops', 'Rate'),
  BlkioWeight: text('blkio-weight'),
  BlkioWeightDevice: device('blkio-weight-device', 'Weight'),
  CapAdd: each('cap-add'),
  CapDrop: each('cap-drop'),
  CgroupParent: text('cgroup-parent'),
  CgroupnsMode: text('cgroupns'),
  // Of terminals on Windows, of files on the client, and of what other parts of a create command say.
  ConsoleSize: nothing,
  ContainerIDFile: nothing,
  NetworkMode: nothing,
  CpuPeriod: text('cpu-period'),
  CpuQuota: text('cpu-quota'),
  CpuRealtimePeriod: text('cpu-rt-period'),
  CpuRealtimeRuntime: text('cpu-rt-runtime'),
  CpuShares: text('cpu-shares'),
  CpusetCpus: text('cpuset-cpus'),
  CpusetMems: text('cpuset-mems'),
  DeviceCgroupRules: each('device-cgroup-rule'),
  DeviceRequests: (value) => list(value).map(fields).map(gpus),
  Devices: (value) =>
    list(value)
      .map(fields)
      .map((one) => `--device=${one['PathOnHost']}:${one['PathInContainer']}:${one['CgroupPermissions'] || 'rwm'}`),
  Dns: each('dns'),
  DnsOptions: each('dns-option'),
  DnsSearch: each('dns-search'),
  ExtraHosts: each('add-host'),
  GroupAdd: each('group-add'),
  Init: (value) => (typeof value === 'boolean' ? [value ? '--init' : '--init=false'] : []),
  IpcMode: text('ipc'),
  Isolation: text('isolation'),
  Links: each('link'),
  LogConfig: (value) => {
    const { Type: type, Config: options } = fields(value);
    return [...(type ? [`--log-driver=${type}`] : []), ...(pairs('log-opt')(options) as string[])];
  },
  MaskedPaths: (value) => systemPaths(value),
  Memory: text('memory'),
  MemoryReservation: text('memory-reservation'),
  MemorySwap: text('memory-swap'),
  MemorySwappiness: (value) => (typeof value === 'number' && value >= 0 ? [`--memory-swappiness=${value}`] : []),
  Mounts: nothing,
  NanoCpus: (value) => (value ? [`--cpus=${Number(value) / 1e9}`] : []),
  OomKillDisable: whether('oom-kill-disable'),
  OomScoreAdj: text('oom-score-adj'),
  PidMode: text('pid'),
  PidsLimit: text('pids-limit'),
  PortBindings: (value) => Object.entries(fields(value)).flatMap(([port, bindings]) => published(port, list(bindings))),
  Privileged: whether('privileged'),
  PublishAllPorts: whether('publish-all'),
  ReadonlyPaths: nothing,
  ReadonlyRootfs: whether('read-only'),
  RestartPolicy: (value) => {
    const { Name: name, MaximumRetryCount: most } = fields(value);
    return name ? [`--restart=${name}${most ? `:${most}` : ''}`] : [];
  },
  Runtime: text('runtime'),
  // A profile of the user's is shown as it stood in its file, and has to be in a file again.
  SecurityOpt: (value) => ({
    options: list(value)
      .map(String)
      .filter((one) => !profile(one))
      .map((one) => `--security-opt=${one}`),
  }),
  ShmSize: text('shm-size'),
  StorageOpt: pairs('storage-opt'),
  Sysctls: pairs('sysctl'),
  Tmpfs: (value) => Object.entries(fields(value)).map(([at, how]) => `--tmpfs=${at}${how ? `:${how}` : ''}`),
  UTSMode: text('uts'),
  Ulimits: (value) =>
    list(value)
      .map(fields)
      .map((one) => `--ulimit=${one['Name']}=${one['Soft']}:${one['Hard']}`),
  UsernsMode: text('userns'),
  VolumeDriver: text('volume-driver'),
  VolumesFrom: each('volumes-from'),
};

/** The text of a seccomp profile; undefined for any other security option. */
export function profile(option: string): string | undefined {
  return /^seccomp[=:](\s*\{.*)$/s.exec(option)?.[1];
}

function published(port: string, bindings: readonly unknown[]): readonly string[] {
  return bindings.map(fields).map(({ HostIp: ip = '', HostPort: outside = '' }) => {
    const address = String(ip).includes(':') ? `[${ip}]` : String(ip);
    const host = outside === '0' ? '' : outside;
    return `--publish=${address ? `${address}:${host}:` : host ? `${host}:` : ''}${port}`;
  });
}

/** An empty list hides and protects nothing, and means `systempaths=unconfined`; the engine's own lists need no word. */
function systemPaths(value: unknown): readonly string[] {
  return Array.isArray(value) && value.length === 0 ? ['--security-opt=systempaths=unconfined'] : [];
}

function gpus(request: Config): string {
  const ids = list(request['DeviceIDs']).join(',');
  const capabilities = list(request['Capabilities']).flatMap(list).join(',');
  const parts = [
    request['Driver'] ? `driver=${request['Driver']}` : '',
    ids ? `device=${ids}` : `count=${request['Count'] === -1 ? 'all' : (request['Count'] ?? 0)}`,
    capabilities ? `capabilities=${capabilities}` : '',
    ...Object.entries(fields(request['Options'])).map(([key, value]) => `options=${key}=${value}`),
  ];
  return `--gpus=${parts.filter(Boolean).map(csv).join(',')}`;
}

/** One part of a value that the CLI reads as comma-separated. */
export function csv(part: string): string {
  return /[",\n\r]|^\s/.test(part) ? `"${part.replaceAll('"', '""')}"` : part;
}
