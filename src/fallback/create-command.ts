import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Endpoint } from '../engines/endpoints.js';
import { fields, list } from '../engines/overrides.js';
import { composeImageLabel, recreation } from '../engines/recreation.js';
import { csv, hostOptions, profile } from './host-options.js';
import { mountOption } from './mount-option.js';
import type { Word } from './quote.js';

/** A container as the docker CLI makes it: `docker create OPTIONS IMAGE COMMAND`, and what comes after that. */
export interface CreateCommand {
  readonly options: readonly Word[];
  readonly command: readonly string[];
  /** `KEY=VALUE`, secrets and all. */
  readonly environment: readonly string[];
  /** Words of a `docker network connect` each, without the container. */
  readonly connect: readonly (readonly string[])[];
  readonly disconnect: readonly string[];
  /** The text of a seccomp profile, which the CLI reads from a file. */
  readonly seccomp?: string;
  /** Containers in whose namespaces it lives. */
  readonly livesIn: readonly string[];
  /** What the CLI cannot say, or says otherwise, in words. */
  readonly unsaid: readonly string[];
}

/** Pure: the container's own settings, without what its image brought. */
export function createCommand(container: ContainerDetails, oldImage: ImageDetails): CreateCommand {
  const { spec, networks, disconnect } = recreation(container, oldImage, container.Image);
  const host = fields(spec['HostConfig']);
  const said = Object.entries(host).map(([field, value]) => sayHost(field, value));
  const mounts = list(host['Mounts']).map((mount) => mountOption(fields(mount), container));
  const health = healthOptions(fields(spec['Healthcheck']));
  const entry = entrypoint(spec, oldImage);
  const network = networkOptions(container, fields(fields(spec['NetworkingConfig'])['EndpointsConfig']));
  const seccomp = list(host['SecurityOpt']).flatMap((one) => profile(String(one)) ?? [])[0];
  return {
    options: [
      ...network.options,
      ...configOptions(spec),
      ...said.flatMap(({ options }) => options),
      ...mounts.map(({ option }) => option),
      ...(seccomp === undefined ? [] : [{ expanded: '--security-opt=seccomp="$work/seccomp.json"' }]),
      ...health.options,
      ...entry.options,
    ],
    command: entry.command,
    environment: list(spec['Env']).map(String),
    connect: networks.map(connectWords),
    disconnect,
    ...(seccomp !== undefined && { seccomp }),
    livesIn: [host['NetworkMode'], host['IpcMode'], host['PidMode']].flatMap(
      (mode) => /^container:(.+)$/.exec(String(mode ?? ''))?.[1] ?? [],
    ),
    unsaid: [
      ...said.flatMap(({ unsaid }) => unsaid ?? []),
      ...mounts.flatMap(({ unsaid }) => unsaid),
      ...health.unsaid,
      ...entry.unsaid,
      ...network.unsaid,
      ...(spec['OpenStdin'] === true && spec['StdinOnce'] !== true
        ? ['StdinOnce: `docker create --interactive` closes standard input when the first who attached has left']
        : []),
      ...['Shell', 'NetworkDisabled'].flatMap((field) => (empty(spec[field]) ? [] : `${field}: ${cannot}`)),
    ],
  };
}

const cannot = 'the docker CLI has no option for it, so a new container is without it';

function sayHost(field: string, value: unknown) {
  const say = Object.hasOwn(hostOptions, field) ? hostOptions[field] : undefined;
  if (say === undefined) return { options: [], ...(empty(value) ? {} : { unsaid: `HostConfig.${field}: ${cannot}` }) };
  const said = say(value);
  return 'options' in said ? said : { options: said };
}

function configOptions(spec: Readonly<Record<string, unknown>>): readonly Word[] {
  const text = (flag: string, field: string) => (empty(spec[field]) ? [] : [`--${flag}=${spec[field]}`]);
  const labels = Object.entries(fields(spec['Labels'])).map(
    ([key, value]): Word =>
      key === composeImageLabel ? { expanded: `--label=${key}="$image_id"` } : `--label=${key}=${value}`,
  );
  return [
    ...text('hostname', 'Hostname'),
    ...text('domainname', 'Domainname'),
    ...text('mac-address', 'MacAddress'),
    ...text('user', 'User'),
    ...text('workdir', 'WorkingDir'),
    ...text('stop-signal', 'StopSignal'),
    ...(spec['StopTimeout'] === undefined ? [] : [`--stop-timeout=${spec['StopTimeout']}`]),
    ...(spec['Tty'] === true ? ['--tty'] : []),
    ...(spec['OpenStdin'] === true ? ['--interactive'] : []),
    ...labels,
    ...Object.keys(fields(spec['ExposedPorts'])).map((port) => `--expose=${port}`),
    ...Object.keys(fields(spec['Volumes'])).map((path) => `--volume=${path}`),
  ];
}

/** Nanoseconds, which the CLI takes with their unit. */
function healthOptions(check: Readonly<Record<string, unknown>>) {
  const time = (flag: string, field: string) => (check[field] ? [`--health-${flag}=${check[field]}ns`] : []);
  const [kind, ...words] = list(check['Test']).map(String);
  if (kind === 'NONE') return { options: ['--no-healthcheck'], unsaid: [] };
  const argv = kind === 'CMD';
  const line = argv ? words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ') : (words[0] ?? '');
  return {
    options: [
      ...(kind === undefined ? [] : [`--health-cmd=${line}`]),
      ...time('interval', 'Interval'),
      ...time('timeout', 'Timeout'),
      ...time('start-period', 'StartPeriod'),
      ...time('start-interval', 'StartInterval'),
      ...(check['Retries'] ? [`--health-retries=${check['Retries']}`] : []),
    ],
    unsaid: argv
      ? ["Healthcheck: the docker CLI knows only lines for a shell, so the same words are run by the container's"]
      : [],
  };
}

function entrypoint(spec: Readonly<Record<string, unknown>>, oldImage: ImageDetails) {
  const cmd = list(spec['Cmd']).map(String);
  if (!('Entrypoint' in spec)) return { options: [], command: cmd, unsaid: [] };
  const [program = '', ...words] = list(spec['Entrypoint']).map(String);
  const hidden = Array.isArray(spec['Entrypoint']) && spec['Entrypoint'].length === 0;
  return {
    options: [`--entrypoint=${program}`],
    command: [...words, ...(hidden ? list(oldImage.Config.Cmd).map(String) : cmd)],
    unsaid: hidden
      ? ["Entrypoint: it was hidden by an empty list, so the command of the new image is not taken but the old one's"]
      : words.length > 0
        ? ['Entrypoint: the docker CLI takes one word, so its further ones are part of the command; the same is run']
        : [],
  };
}

function networkOptions(container: ContainerDetails, endpoints: Readonly<Record<string, unknown>>) {
  const mode = container.HostConfig.NetworkMode ?? 'default';
  const [[network, settings] = [mode, {}]] = Object.entries(endpoints);
  const { DriverOpts: options, GwPriority: priority } = fields(settings);
  const advanced = Object.entries(fields(options)).map(([key, value]) => csv(`driver-opt=${key}=${value}`));
  if (advanced.length === 0 && !priority) {
    const chosen = mode === 'default' || mode === 'bridge' ? [] : [`--network=${mode}`];
    return { options: [...chosen, ...endpointWords(fields(settings), '--network-alias')], unsaid: [] };
  }
  const { IPAMConfig: addresses, Aliases: aliases } = fields(settings);
  const { IPv4Address: ip, IPv6Address: ip6 } = fields(addresses);
  const parts = [
    `name=${network}`,
    ...list(aliases).map((alias) => `alias=${alias}`),
    ...(ip ? [`ip=${ip}`] : []),
    ...(ip6 ? [`ip6=${ip6}`] : []),
    ...advanced,
    ...(priority ? [`gw-priority=${priority}`] : []),
  ];
  return {
    options: [`--network=${parts.join(',')}`],
    unsaid: priority ? ['GwPriority: docker CLIs before 28 have no option for it'] : [],
  };
}

function endpointWords(settings: Readonly<Record<string, unknown>>, aliasFlag: string): readonly string[] {
  const { IPv4Address: ip, IPv6Address: ip6, LinkLocalIPs: local } = fields(settings['IPAMConfig']);
  return [
    ...(ip ? [`--ip=${ip}`] : []),
    ...(ip6 ? [`--ip6=${ip6}`] : []),
    ...list(local).map((address) => `--link-local-ip=${address}`),
    ...list(settings['Aliases']).map((alias) => `${aliasFlag}=${alias}`),
    ...list(settings['Links']).map((link) => `--link=${link}`),
  ];
}

function connectWords({ network, settings }: Endpoint): readonly string[] {
  const options = Object.entries(fields(settings['DriverOpts'])).map(([key, value]) => `--driver-opt=${key}=${value}`);
  return [...endpointWords(settings, '--alias'), ...options, network];
}

function empty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
