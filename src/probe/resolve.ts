import { isIP } from 'node:net';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import { CONTAINER, type ProbeTarget } from './target.js';

/** Where one container is asked. */
export type ResolvedProbe =
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'exec'; readonly container: string; readonly command: string }
  | { readonly kind: 'docker'; readonly container: string }
  /** It has no address now, which is no answer. */
  | { readonly kind: 'nowhere'; readonly why: string };

export class UnreachableContainer extends Error {
  override readonly name = 'UnreachableContainer';
}

/**
 * The container is named, not identified: its successor after a re-creation has the same name and another id. Addresses
 * may change with a re-creation, so resolve again then.
 *
 * @param engineHost where the engine's published ports are reached
 * @throws UnreachableContainer when the container has neither a published port nor an address
 */
export function resolveProbe(target: ProbeTarget, container: ContainerDetails, engineHost: string): ResolvedProbe {
  const name = nameOf(container);
  switch (target.kind) {
    case 'docker':
      return { kind: 'docker', container: name };
    case 'exec':
      return { kind: 'exec', container: name, command: target.command };
    case 'http':
    case 'tcp':
      return target.host === CONTAINER ? { ...target, ...addressOf(container, target.port, engineHost) } : target;
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(container: ContainerDetails, port: number, engineHost: string): Address {
  // Under the host's own network a container publishes nothing: its ports are the engine's.
  if (container.HostConfig.NetworkMode === 'host') return { host: engineHost, port };
  const published = publishedAddress(container, port, engineHost);
  if (published !== undefined) return published;
  const ip = ownAddress(container);
  if (ip !== undefined) return { host: ip, port };
  throw new UnreachableContainer(
    `${nameOf(container)} can't be probed at ${CONTAINER}:${port}: its port ${port}/tcp is not published ` +
      'and it has no IP address; publish the port, or probe with exec:COMMAND or docker',
  );
}

function publishedAddress(container: ContainerDetails, port: number, engineHost: string): Address | undefined {
  // The Engine answers null for a port that is exposed and not published.
  const bindings = container.NetworkSettings.Ports?.[`${port}/tcp`] ?? [];
  for (const { HostIp, HostPort } of bindings) {
    const hostPort = Number(HostPort);
    if (HostIp === '' || HostIp === '0.0.0.0' || HostIp === '::') return { host: engineHost, port: hostPort };
    if (!isLoopback(HostIp) || isLoopback(engineHost)) return { host: HostIp, port: hostPort };
  }
  return undefined;
}

/** On its first network that gave it one. A stopped container has none. */
function ownAddress(container: ContainerDetails): string | undefined {
  return Object.values(container.NetworkSettings.Networks ?? {})
    .flatMap((network) => [network.IPAddress, network.GlobalIPv6Address])
    .find((address) => isIP(address) !== 0);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
