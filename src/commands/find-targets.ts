import type { Inputs } from '../config/inputs.js';
import type { ComparedWith } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { refuseOpenNetwork } from '../hot-load/rehearsal/network.js';
import { Refusal } from '../reasons/refusal.js';
import { findInterrupted, findUnproven, type InterruptedRun } from '../recovery/interrupted.js';
import { spellInstant } from '../report/instant.js';
import { bootFromImage } from '../source/boot.js';
import { provideFrom } from '../source/provide.js';
import { nodesBeside } from '../targets/nodes.js';
import { NothingSelected, type Selector, select } from '../targets/selector.js';

/** The containers that are meant, as the engine knows them. */
export interface FoundTargets {
  readonly containers: readonly ContainerDetails[];
  /** Where one only stands for what runs. */
  readonly comparedWith?: ComparedWith;
  /** Removes what only stood for them. */
  close(): Promise<void>;
}

type Around = Pick<RunContext, 'clock' | 'deployments' | 'environment' | 'log' | 'signal'>;

/** Finds the containers, or boots one from the image that is said to run: only where that can reach nobody. */
export async function findTargets(engine: Engine, inputs: Inputs, world: Around): Promise<FoundTargets> {
  if (inputs.from === undefined) {
    const containers = await selected(engine, inputs.containers);
    await refuseOpenNetwork(engine, inputs.rehearseNetwork, containers);
    const beside = inputs.nodes === 'cluster' ? await nodesBeside(engine, containers, inputs) : [];
    const nodes = await Promise.all(beside.map((node) => engine.inspectContainer(node)));
    return { containers: [...containers, ...nodes], close: async () => undefined };
  }
  await refuseOpenNetwork(engine, inputs.rehearseNetwork, []);
  const image = await provideFrom(engine, inputs.from, inputs, world);
  const { container, close } = await bootFromImage(engine, image, inputs, world);
  return { containers: [container], comparedWith: image.comparedWith, close };
}

async function selected(engine: Engine, selectors: readonly Selector[]): Promise<readonly ContainerDetails[]> {
  try {
    const chosen = select(await engine.containers(), selectors);
    return await Promise.all(chosen.map(({ id }) => engine.inspectContainer(id)));
  } catch (error) {
    if (error instanceof NothingSelected) {
      const [cutOff] = await findInterrupted(engine, selectors);
      const words = cutOff && `There is no container of that name now. ${inWords(cutOff)}`;
      const unproven = cutOff === undefined ? await findUnproven(engine, selectors) : [];
      throw new Refusal(words ?? [error.message, ...unproven].join(' '), { cause: error });
    }
    throw error;
  }
}

/** A sentence for whoever asks what is going on. */
export function inWords({ by = 'a run that left no record', direction, at, containers }: InterruptedRun): string {
  const since = at === undefined ? '' : ` since ${spellInstant(at)}`;
  const names = containers.map(({ name }) => name).join(', ');
  return `${names} ${containers.length > 1 ? 'are' : 'is'} in the middle of a deploy by ${by}${since}, which is under way or was cut off: the next deploy or rollback ${direction === 'finish' ? 'finishes' : 'undoes'} it.`;
}
