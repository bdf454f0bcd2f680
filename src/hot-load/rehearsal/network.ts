import { type ContainerDetails, nameOf } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { Refusal } from '../../reasons/refusal.js';

/**
 * Refuses a network by which a release that boots apart could reach what production uses: it has production's own
 * environment, addresses and passwords with it.
 */
export async function refuseOpenNetwork(
  engine: Engine,
  name: string | undefined,
  containers: readonly ContainerDetails[],
): Promise<void> {
  if (name === undefined) {
    return;
  }
  const network = await engine.findNetwork(name);
  if (network === undefined) {
    throw new Refusal(
      `\`rehearse-network\` is ${name}, and the engine has no such network. Make it first: docker network create --internal ${name}`,
    );
  }
  if (!network.internal) {
    throw new Refusal(
      `\`rehearse-network\` is ${name}, which leads outside: a release that boots there with production's environment could reach production. Use one made by docker network create --internal.`,
    );
  }
  const owners = await Promise.all(containers.map((container) => ownerOfNetwork(engine, container)));
  const on = owners.find(({ NetworkSettings: { Networks: networks } }) =>
    Object.entries(networks).some(([joined, { NetworkID: id }]) => joined === network.name || id === network.id),
  );
  if (on !== undefined) {
    throw new Refusal(
      `\`rehearse-network\` is ${name}, and ${nameOf(on)} is on it: a rehearsal there would reach what production uses. Give it a network of its own.`,
    );
  }
}

/** A container in another one's network is on whatever that one is on. */
async function ownerOfNetwork(engine: Engine, container: ContainerDetails): Promise<ContainerDetails> {
  const { NetworkMode: mode = '' } = container.HostConfig;
  const owner = mode.startsWith('container:') ? await engine.findContainer(mode.slice('container:'.length)) : undefined;
  return owner ?? container;
}
