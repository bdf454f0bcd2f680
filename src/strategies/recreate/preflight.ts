import type { ContainerDetails } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { namesFor } from '../../engines/names.js';

/**
 * Refuses what could not be put right afterwards, while the old container still serves.
 *
 * @throws Error with one sentence that says what is in the way and what to do
 */
export async function preflight(
  engine: Engine,
  old: ContainerDetails,
  /** Whether it may have ended: what is asked for then is that its name serves again. */
  { ended = false }: { readonly ended?: boolean } = {},
): Promise<void> {
  const names = namesFor(old);
  // A container that is not running serves nobody, and starting it would be something nobody asked for.
  const { Status: status } = old.State;
  if (status !== 'running' && !(ended && ['exited', 'restarting'].includes(status))) {
    throw new Error(`${names.own} is ${status}, and only a running container is re-created: start it, or remove it.`);
  }
  // Typed as always there, and null where a container has none.
  const labels: Record<string, string> | null = old.Config.Labels;
  const service = labels?.['com.docker.swarm.service.name'];
  if (service !== undefined) {
    throw new Error(
      `${names.own} belongs to the Swarm service ${service}, which would replace it: update the service.`,
    );
  }
  // A spare of an earlier try was never started, and makes room.
  const inTheWay = await engine.findContainer(names.old);
  if (inTheWay !== undefined && !(old.HostConfig.AutoRemove && inTheWay.State.Status === 'created')) {
    throw new Error(`The name ${names.old} is needed and taken: look at that container, then remove or rename it.`);
  }
  for (const host of hosts(old)) {
    const { Running: running } = (await engine.findContainer(host))?.State ?? {};
    // The Engine creates such a container all the same and finds out when it starts it; the old one could not start either.
    if (!running)
      throw new Error(
        `${names.own} lives in the namespaces of container ${host}, which does not run: see to that first.`,
      );
  }
}

/** The containers whose network, IPC or PID namespace this one shares. */
function hosts({
  HostConfig: { NetworkMode: network, IpcMode: ipc, PidMode: pid },
}: ContainerDetails): readonly string[] {
  return [network, ipc, pid].flatMap((mode = '') =>
    mode.startsWith('container:') ? [mode.slice('container:'.length)] : [],
  );
}
