import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { NothingSelected, type Selector, select } from './docker/selector.js';
import type { Inputs } from './inputs.js';
import { Refusal } from './refusal.js';
import { bootFromImage } from './rehearsal/from-image.js';
import { refuseOpenNetwork } from './rehearsal/network.js';
import type { World } from './world.js';

/** The containers that are meant, as the engine knows them. */
export interface Found {
  readonly containers: readonly ContainerDetails[];
  /** Removes what only stood for them. */
  close(): Promise<void>;
}

type Around = Pick<World, 'clock' | 'signal'>;

/** Finds the containers, or boots one from the image that is said to run: only where that can reach nobody. */
export async function findFleet(engine: Engine, inputs: Inputs, { clock, signal }: Around): Promise<Found> {
  if (inputs.from === undefined) {
    const containers = await selected(engine, inputs.containers);
    await refuseOpenNetwork(engine, inputs.rehearseNetwork, containers);
    return { containers, close: async () => undefined };
  }
  await refuseOpenNetwork(engine, inputs.rehearseNetwork, []);
  const { container, close } = await bootFromImage(engine, inputs.from, inputs, clock);
  // Whoever was cancelled has gone on without waiting, and closes nothing.
  if (signal.aborted) await close();
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
