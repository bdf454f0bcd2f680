import { isDeepStrictEqual } from 'node:util';
import type { ContainerDetails, ImageDetails } from './details.js';
import { hasOwnNetwork, shortId } from './endpoints.js';
import { type Config, cleanPath, fields, list } from './overrides.js';
import { composeImageLabel } from './recreation.js';
import { ownLabels } from './throw-away.js';
import { anonymous } from './volumes.js';

/** One thing that a person could have set, and whose doing it is. */
interface Setting {
  /** A volume of the engine's making belongs to nobody, and still its data must not get lost. */
  readonly by: 'user' | 'image' | 'volume';
  readonly value: unknown;
}

/**
 * All that makes a container behave as it does, save its image, identity, state and what the engine assigned at the start.
 * It is read from the container by other rules than those by which one is re-created, so that it can prove them: what
 * is not known here by name is compared too. Holds the environment, secrets and all: never to be printed.
 */
export function settings(container: ContainerDetails, image: ImageDetails): Record<string, unknown> {
  return Object.fromEntries([
    ...config(container.Config as unknown as Config, image.Config as unknown as Config, container),
    ...hostConfig(container),
    ...mounts(container),
    ...networks(container),
  ]);
}

/** The names of the settings that a re-creation lost, added or froze at the old image's value; their values stay unsaid. */
export function differingSettings(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !kept(before[name] as Setting, after[name] as Setting)).sort();
}

/** What came from the image follows the image; whatever else there was is there still, and nothing is new. */
function kept(before: Setting | undefined, after: Setting | undefined): boolean {
  if (before === undefined || before.by === 'image') return after === undefined || after.by !== 'user';
  return isDeepStrictEqual(before.value, after?.value);
}

type Entry = readonly [string, Setting];

/** `Image` and `OnBuild` are the image's; `Volumes` only declares what `mounts` compares. */
const elsewhere = new Set([
  'Image',
  'OnBuild',
  'ArgsEscaped',
  'Volumes',
  'Entrypoint',
  'Cmd',
  'Hostname',
  'Domainname',
]);

function config(own: Config, image: Config, container: ContainerDetails): readonly Entry[] {
  const plain = Object.keys(own).filter((field) => !elsewhere.has(field));
  return [
    ...plain.flatMap((field) =>
      compare(field, keyed(field, own[field], container), keyed(field, image[field], container)),
    ),
    ...command(own, image),
    ...hostNames(container),
  ];
}

/** Maps and lists of pairs are compared key by key, everything else whole, under the empty key. */
function keyed(field: string, value: unknown, container: ContainerDetails): Config {
  switch (field) {
    case 'Env':
      return Object.fromEntries(list(value).map((entry) => [String(entry).split('=')[0], entry]));
    case 'Labels':
      return without(fields(value), (label) => label === composeImageLabel || ownLabels.includes(label));
    case 'ExposedPorts':
      return without(fields(value), (port) => port in fields(container.HostConfig.PortBindings));
    case 'Healthcheck':
      // Zero stands for the image's.
      return without(fields(value), (_, part) => part === 0);
    case 'WorkingDir':
      return empty(value) ? {} : { '': cleanPath(value) };
    default:
      return empty(value) ? {} : { '': value };
  }
}

function compare(field: string, own: Config, image: Config): readonly Entry[] {
  return Object.entries(own).map(([key, value]) => [
    key === '' ? field : `${field}.${key}`,
    { by: isDeepStrictEqual(value, image[key]) ? 'image' : 'user', value },
  ]);
}

function command(own: Config, image: Config): readonly Entry[] {
  const entrypoint = list(own['Entrypoint']);
  const cmd = list(own['Cmd']);
  const entrypointBy = isDeepStrictEqual(entrypoint, list(image['Entrypoint'])) ? 'image' : 'user';
  const imagesCmd = isDeepStrictEqual(cmd, list(image['Cmd']));
  // The Engine takes the image's command only along with its entrypoint, or with one that is an empty list.
  const merged = entrypointBy === 'image' || (entrypoint.length === 0 && Array.isArray(own['Entrypoint']));
  return [
    ['Entrypoint', { by: entrypointBy, value: entrypoint }],
    ['Cmd', { by: imagesCmd && merged ? 'image' : 'user', value: cmd }],
  ];
}

function hostNames(container: ContainerDetails): readonly Entry[] {
  const { Hostname: host, Domainname: domain } = container.Config;
  const borrowed = String(container.HostConfig.NetworkMode).startsWith('container:');
  const chosen = (value: string) => !borrowed && value !== '' && value !== shortId(container);
  return [
    ...(chosen(host) && container.HostConfig.UTSMode !== 'host' ? [user('Hostname', host)] : []),
    ...(chosen(domain) ? [user('Domainname', domain)] : []),
  ];
}

/** Null, nothing and an empty list are one to the Engine, except where empty means: nothing is hidden. */
const emptyMatters = new Set(['MaskedPaths', 'ReadonlyPaths']);

function hostConfig({ HostConfig: all }: ContainerDetails): readonly Entry[] {
  return Object.entries(all)
    .filter(([field, value]) => emptyMatters.has(field) || !(empty(value) || list(value).every(empty)))
    .filter(([field]) => field !== 'Mounts')
    .map(([field, value]) => user(`HostConfig.${field}`, field === 'Binds' ? [...list(value)].sort() : value));
}

/** By destination, from the mount points themselves; what a mount point does not show, from the entry it was made from. */
function mounts(container: ContainerDetails): readonly Entry[] {
  const ownerless = anonymous(container);
  return container.Mounts.map((mount) => {
    const { Destination: target, Type: type, Name: name, Source: source, RW: writable } = mount;
    const given = list(container.HostConfig.Mounts).map(fields);
    const entry = given.find((one) => cleanPath(one['Target']) === cleanPath(target)) ?? {};
    const options = without(entry, (part, value) => mountPointShows.has(part) || empty(value));
    const value = { type, source: name ?? source, writable, options };
    const carried = ownerless.includes(mount) || (type === 'volume' && 'Target' in entry && empty(entry['Source']));
    return [`Mounts.${target}`, { by: carried ? 'volume' : 'user', value }];
  });
}

const mountPointShows = new Set(['Type', 'Source', 'Target', 'ReadOnly']);

function networks(container: ContainerDetails): readonly Entry[] {
  if (!hasOwnNetwork(container)) return [];
  return Object.entries(container.NetworkSettings.Networks).map(([name, endpoint]) => {
    const {
      IPAMConfig: addresses,
      Links: links,
      DriverOpts: options,
      Aliases: aliases,
    } = endpoint as unknown as Config;
    const names = new Set(list(aliases).filter((alias) => alias !== shortId(container)));
    const value = {
      addresses: fields(addresses),
      links: list(links),
      options: fields(options),
      aliases: [...names].sort(),
    };
    return user(`Networks.${name}`, value);
  });
}

function user(name: string, value: unknown): Entry {
  return [name, { by: 'user', value }];
}

function without(map: Config, drop: (key: string, value: unknown) => boolean): Config {
  return Object.fromEntries(Object.entries(map).filter(([key, value]) => !drop(key, value)));
}

function empty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
