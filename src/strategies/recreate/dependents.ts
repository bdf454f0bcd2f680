import { type ContainerDetails, nameOf } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { ownName } from '../../targets/selector.js';

/** What other containers lose when this one makes room for a new one, and what to do about it. */
export async function dependents(engine: Engine, container: ContainerDetails): Promise<readonly string[]> {
  const name = nameOf(container);
  const all = await engine.containers();
  const tenants = all.filter(({ networkMode }) => networkMode === `container:${container.Id}`).map(ownName);
  // A container that is linked to is listed under `OTHER/ALIAS` as well.
  const aliases = all.find(({ id }) => id === container.Id)?.names.filter((alias) => alias.includes('/')) ?? [];
  const linked = [...new Set(aliases.map((alias) => alias.split('/')[0]))];
  return [
    ...tenants.map(
      (tenant) => `${tenant} lives in the network of ${name}, which ends with it: re-create ${tenant} too.`,
    ),
    ...linked.map(
      (other) => `${other} has a link to ${name}, which does not pass to the new one: re-create ${other} too.`,
    ),
  ];
}
