import type { ContainerDetails } from './details.js';
import { type Config, fields, list } from './overrides.js';

/** How a container hangs on one network, as far as the user said so. */
export interface Endpoint {
  readonly network: string;
  /** The Engine's EndpointSettings. */
  readonly settings: Config;
}

export interface Endpoints {
  /** Goes into the create call; absent where the container has no network of its own. */
  readonly primary?: Endpoint;
  /** To be connected before the start: older engines take one network when they create a container. */
  readonly further: readonly Endpoint[];
  /** Made by the create call although the user disconnected it later. */
  readonly unwanted: readonly string[];
}

/** What `NetworkMode: container:ID`, `host` and `none` have in common: nothing can be said about networks beside them. */
export function hasOwnNetwork(container: ContainerDetails): boolean {
  const mode = networkMode(container);
  return mode !== 'host' && mode !== 'none' && !mode.startsWith('container:');
}

export function endpointsOf(container: ContainerDetails): Endpoints {
  if (!hasOwnNetwork(container)) return { further: [], unwanted: [] };
  const mode = networkMode(container);
  const endpoints = Object.entries(container.NetworkSettings.Networks).map(([network, endpoint]) => ({
    network,
    id: endpoint.NetworkID,
    settings: settingsOf(endpoint as unknown as Config, container),
  }));
  // Mostly its name; the Engine's API takes its id as well.
  const primary =
    endpoints.find(({ network }) => network === mode) ??
    endpoints.find(({ id }) => mode.length >= 12 && id.startsWith(mode));
  const further = endpoints
    .filter((endpoint) => endpoint !== primary)
    .map(({ network, settings }) => ({ network, settings }));
  if (primary === undefined) return { further, unwanted: [mode] };
  const { network, settings } = primary;
  return { primary: { network, settings: { ...settings, ...macAddress(container) } }, further, unwanted: [] };
}

export function networkMode(container: ContainerDetails): string {
  const mode = container.HostConfig.NetworkMode ?? '';
  return mode === '' || mode === 'default' ? 'bridge' : mode;
}

/** Everything else in an endpoint was assigned when the container started. */
function settingsOf(endpoint: Config, container: ContainerDetails): Config {
  const settings = {
    IPAMConfig: nonEmpty(endpoint['IPAMConfig']),
    Links: nonEmpty(endpoint['Links']),
    Aliases: nonEmpty(aliases(endpoint, container)),
    DriverOpts: nonEmpty(endpoint['DriverOpts']),
    GwPriority: endpoint['GwPriority'] || undefined,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** The Engine adds the container's short id; taken along, there would be one more with every deploy. */
function aliases(endpoint: Config, container: ContainerDetails): readonly unknown[] {
  return list(endpoint['Aliases']).filter((alias) => alias !== shortId(container));
}

/**
 * Present only where the user chose it, and then for the first network. Since API 1.44 it belongs to the endpoint, before
 * to the container; both are given, since each engine takes its own and compares at most.
 */
function macAddress({ Config: { MacAddress: address = '' } }: ContainerDetails): Config {
  return address === '' ? {} : { MacAddress: address };
}

export function shortId(container: { readonly Id: string }): string {
  return container.Id.slice(0, 12);
}

function nonEmpty(value: unknown): unknown {
  return Object.keys(fields(value)).length === 0 ? undefined : value;
}
