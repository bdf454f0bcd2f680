import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { NothingSelected, type Selector, select } from './docker/selector.js';
import { Refusal } from './refusal.js';

/** The containers that are meant, as the engine knows them. */
export async function findFleet(engine: Engine, selectors: readonly Selector[]): Promise<readonly ContainerDetails[]> {
  try {
    const chosen = select(await engine.containers(), selectors);
    return await Promise.all(chosen.map(({ id }) => engine.inspectContainer(id)));
  } catch (error) {
    if (error instanceof NothingSelected) {
      throw new Refusal(error.message, { cause: error });
    }
    throw error;
  }
}
