import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { NothingSelected, type Selector, select } from './docker/selector.js';
import type { Inputs } from './inputs.js';
import type { Clock } from './log.js';
import { Refusal } from './refusal.js';
import { bootFromImage } from './rehearsal/from-image.js';

/** The containers that are meant, as the engine knows them. */
export interface Found {
  readonly containers: readonly ContainerDetails[];
  /** Removes what only stood for them. */
  close(): Promise<void>;
}

/** Finds the containers, or boots one from the image that is said to run. */
export async function findFleet(engine: Engine, inputs: Inputs, clock: Clock): Promise<Found> {
  if (inputs.from === undefined) {
    return { containers: await selected(engine, inputs.containers), close: async () => undefined };
  }
  const { container, close } = await bootFromImage(engine, inputs.from, inputs, clock);
  return { containers: [container], close };
}

async function selected(engine: Engine, selectors: readonly Selector[]): Promise<readonly ContainerDetails[]> {
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
