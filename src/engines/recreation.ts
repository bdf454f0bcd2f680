import { type ContainerDetails, type ImageDetails, nameOf } from './details.js';
import { type Endpoint, type Endpoints, endpointsOf, hasOwnNetwork, shortId } from './endpoints.js';
import type { ContainerSpec } from './engine.js';
import { type Config, fields, list, overrides } from './overrides.js';
import { ownLabels } from './throw-away.js';
import { mountsOf } from './volumes.js';

/** How to make a container again on another image, with everything the user set. */
export interface Recreation {
  /** The body of the create call. Holds the environment, secrets and all: never to be printed. */
  readonly spec: ContainerSpec;
  /** To be connected after the container is created and before it is started. */
  readonly networks: readonly Endpoint[];
  /** Networks which the create call joins although the user disconnected the container from them. */
  readonly disconnect: readonly string[];
  readonly warnings: readonly string[];
}

/** `docker compose up` compares it with the image that the tag names, and re-creates the container where they differ. */
export const composeImageLabel = 'com.docker.compose.image';

/** @param newImageId `sha256:...`, for what names the image by it, where the reference is a name */
export function recreation(
  container: ContainerDetails,
  oldImage: ImageDetails,
  newImageReference: string,
  newImageId = newImageReference,
): Recreation {
  const endpoints = endpointsOf(container);
  const own = overrides(container.Config as unknown as Config, oldImage.Config as unknown as Config);
  return {
    spec: {
      ...own,
      ...labels(own['Labels'], container, newImageId),
      ...publishedPorts(own['ExposedPorts'], container),
      ...names(container),
      Image: newImageReference,
      HostConfig: hostConfig(container),
      ...networkingConfig(endpoints),
    },
    networks: endpoints.further,
    disconnect: endpoints.unwanted,
    warnings: warnings(container),
  };
}

function labels(own: unknown, container: ContainerDetails, newImageId: string): Config {
  const follows = composeImageLabel in fields(container.Config.Labels) ? { [composeImageLabel]: newImageId } : {};
  const users = Object.entries(fields(own)).filter(([label]) => !ownLabels.includes(label));
  const all = { ...Object.fromEntries(users), ...follows };
  return Object.keys(all).length === 0 ? {} : { Labels: all };
}

/** A port is published only where it is exposed too, and the new image may no longer do that. */
function publishedPorts(own: unknown, container: ContainerDetails): Config {
  const published = Object.keys(fields(container.HostConfig.PortBindings)).map((port) => [port, {}]);
  const all = { ...fields(own), ...Object.fromEntries(published) };
  return Object.keys(all).length === 0 ? {} : { ExposedPorts: all };
}

/**
 * A host name that equals the short id was made up by the Engine. In another container's network, and in the host's UTS
 * namespace, it was copied from there, and the Engine refuses it as the user's.
 */
function names(container: ContainerDetails): Config {
  const { Hostname: hostname, Domainname: domain, MacAddress: mac = '' } = container.Config;
  const { NetworkMode: mode = '', UTSMode: uts = '' } = container.HostConfig;
  if (mode.startsWith('container:')) return {};
  const chosen = hostname !== '' && hostname !== shortId(container) && uts !== 'host';
  return {
    ...(chosen ? { Hostname: hostname } : {}),
    ...(domain === '' ? {} : { Domainname: domain }),
    ...(mac === '' || !hasOwnNetwork(container) ? {} : { MacAddress: mac }),
  };
}

function hostConfig(container: ContainerDetails): Config {
  const { Links: links, Mounts: _, ...rest } = container.HostConfig as unknown as Config;
  const mounts = mountsOf(container);
  return {
    ...rest,
    ...(list(links).length === 0 ? {} : { Links: list(links).map(link) }),
    ...(mounts === undefined ? {} : { Mounts: mounts }),
  };
}

/** Shown as `/db:/web/alias`, wanted as `db:alias`. */
function link(shown: unknown): string {
  const [other = '', alias = ''] = String(shown).split(':');
  return `${other.replace(/^\//, '')}:${alias.replace(/^.*\//, '')}`;
}

function networkingConfig({ primary }: Endpoints): Config {
  if (primary === undefined || Object.keys(primary.settings).length === 0) return {};
  return { NetworkingConfig: { EndpointsConfig: { [primary.network]: primary.settings } } };
}

function warnings(container: ContainerDetails): readonly string[] {
  const { AutoRemove: autoRemove, PublishAllPorts: publishAll, PortBindings: bindings } = container.HostConfig;
  const name = nameOf(container);
  const chosenByEngine = Object.entries(fields(bindings))
    .filter(([, binding]) => list(binding).some((one) => ['', '0'].includes(String(fields(one)['HostPort'] ?? ''))))
    .map(([port]) => port);
  return [
    ...(autoRemove
      ? [`${name} was started with --rm, so the engine deletes it when it stops: going back means making it anew.`]
      : []),
    ...(publishAll || chosenByEngine.length > 0
      ? [
          `${name} leaves the choice of host ports to the engine (${chosenByEngine.join(', ') || '-P'}): they may change.`,
        ]
      : []),
  ];
}
