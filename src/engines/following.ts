import type { ContainerDetails } from './details.js';
import { list } from './overrides.js';

/**
 * A container that lives in another's network, IPC or PID namespace, or uses its volumes, names it by its id. Where that
 * one was re-created meanwhile, this is the container as it must be made again: with the new ids for the old.
 */
export function following(container: ContainerDetails, replaced: ReadonlyMap<string, string>): ContainerDetails {
  const { NetworkMode: network, IpcMode: ipc, PidMode: pid, VolumesFrom: volumes } = container.HostConfig;
  const moved = (text: string) => text.replace(/[0-9a-f]{64}/, (id) => replaced.get(id) ?? id);
  return {
    ...container,
    HostConfig: {
      ...container.HostConfig,
      ...(network === undefined ? {} : { NetworkMode: moved(network) }),
      ...(ipc === undefined ? {} : { IpcMode: moved(ipc) }),
      ...(pid === undefined ? {} : { PidMode: moved(pid) }),
      ...(list(volumes).length === 0 ? {} : { VolumesFrom: list(volumes).map((from) => moved(String(from))) }),
    },
  };
}
