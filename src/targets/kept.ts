import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { previousName } from '../engines/names.js';
import { ownName } from './selector.js';

/** Whether the environment's journal says of a container that it was put aside. */
export type IsKept = (id: string) => boolean;

/** The containers that are kept for a way back from the one called `own`: the one that served last comes first. */
export async function keptContainers(
  engine: Engine,
  own: string,
  isKept: IsKept,
): Promise<readonly ContainerDetails[]> {
  const listed = (await engine.containers()).filter(
    (each) => ownName(each) === previousName(own, { Id: each.id }) && isKept(each.id),
  );
  const found = await Promise.all(listed.map(({ id }) => engine.findContainer(id)));
  const ended = ({ State: state }: ContainerDetails) => Date.parse(state.FinishedAt);
  return found.filter((one) => one !== undefined).toSorted((one, other) => ended(other) - ended(one));
}
