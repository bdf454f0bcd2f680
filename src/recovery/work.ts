import type { Engine } from '../docker/engine.js';
import type { Entry, Step } from '../ledger/entry.js';
import { openLedger } from '../ledger/ledger.js';
import type { Draft } from '../reporting.js';
import type { Work } from '../rollout/run.js';
import type { HalfWay } from './half-way.js';

/** The ledger of a container that is set right: its own run is over, so what is written goes on with that one. */
export interface Notes {
  write(step: Step): Promise<void>;
}

/** Writes down how a run ends that was cut off; nothing where there is nothing to write in. */
export async function openNotes(
  engine: Engine,
  { container, root, last }: HalfWay,
  { world: { clock, log } }: Pick<Draft, 'world'>,
): Promise<Notes> {
  if (container === undefined || root === undefined || last === undefined) {
    return { write: async () => undefined };
  }
  const ledger = await openLedger(engine, { container: container.Id, root }, clock);
  const { schema: _, at: __, step: ___, ...undertaking } = last;
  return {
    write: async (step) => {
      try {
        await ledger.write(undertaking, step);
      } catch (error) {
        // The next run finds it half-way once more, asks again, and finds that it is not.
        log.warning(`${last.container}: ${step} could not be written down: ${String(error)}`);
      }
    },
  };
}

/** What going back or on works with: no probe, no soak, and it is never left where it is. */
export function repairWork(engine: Engine, { inputs, world, run }: Draft, last: Entry, notes: Notes): Work {
  const { log, clock } = world;
  return {
    engine,
    log,
    clock,
    inputs: { ...inputs, soakMs: 0, onFailure: 'rollback' },
    // A repair is finished also where the run is cancelled: it is what the cancelled run has to do before it ends.
    signal: new AbortController().signal,
    image: { reference: last.to.reference ?? last.to.image, id: last.to.image },
    replaced: new Map(),
    phase: async (label, work) => {
      log.debug(`${last.container}: ${label} (run ${run.id})`);
      return await work();
    },
    // A switch of the repair is a step back, or forth again, of the run that was cut off.
    note: async (step) => (step === 'switch' ? await notes.write('bring-back') : undefined),
  };
}
