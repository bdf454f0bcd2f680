import { noHaste } from '../deployment/haste.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Entry, Step } from '../journal/entry.js';
import { findRoot, openLedger } from '../journal/ledger.js';
import type { Work } from '../strategies/context.js';
import { once } from '../system/once.js';
import type { HalfWay } from './half-way.js';

/** What a repair works with. */
export type Surroundings = Pick<Work, 'engine' | 'log' | 'clock' | 'inputs'>;

/** Writes down how a run ends that was cut off. */
export interface Notes {
  write(step: Step): Promise<void>;
}

/** What is written down of a run that was cut off. */
interface Writings {
  /** Goes on in the container that serves now, which may be another one. */
  in(container: ContainerDetails): Notes;
}

/** Reads it while it is there; nothing is written where nothing was. */
export async function openRecord({ engine, clock, log }: Surroundings, { last, written }: HalfWay): Promise<Writings> {
  if (last === undefined || written === undefined) {
    return { in: () => ({ write: async () => undefined }) };
  }
  const ledger = await openLedger(engine, written, clock);
  const { schema: _, at: __, step: ___, ...undertaking } = last;
  const move = once<void>();
  const moveTo = async (container: ContainerDetails) => {
    const root = (await findRoot(engine, container)) ?? written.root;
    await ledger.moveTo({ container: container.Id, root });
  };
  return {
    in: (container) => ({
      write: async (step) => {
        try {
          if (written.container !== container.Id) await move(container.Id, () => moveTo(container));
          await ledger.write(undertaking, step);
        } catch (error) {
          // The next run finds it half-way once more, asks again, and finds that it is not.
          log.warning(`${last.container}: ${step} could not be written down: ${String(error)}`);
        }
      },
    }),
  };
}

/** What going back or on works with: no probe, no soak, and it is never left where it is. */
export function repairWork({ engine, inputs, log, clock }: Surroundings, last: Entry, notes: Notes): Work {
  return {
    engine,
    log,
    clock,
    inputs: { ...inputs, soakMs: 0, onFailure: 'rollback' },
    // A repair is finished also where the run is cancelled: it is what the cancelled run has to do before it ends.
    signal: new AbortController().signal,
    image: { reference: last.to.reference ?? last.to.image, id: last.to.image },
    replaced: new Map(),
    haste: noHaste,
    down: (work) => work(),
    phase: async (label, work) => {
      log.debug(`${last.container}: ${label}`);
      return await work();
    },
    arrive: async () => undefined,
    // A switch of the repair is a step back, or forth again, of the run that was cut off.
    part: () => undefined,
    note: async (step) => (step === 'switch' ? await notes.write('bring-back') : undefined),
  };
}
