import { noDeadline } from '../deployment/cancellation-deadline.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Entry, Side, Step } from '../journal/entry.js';
import { wasMadeFor } from '../journal/history.js';
import type { UpdateContext } from './context.js';

/** What a repair works with. */
export type RecoveryContext = Pick<UpdateContext, 'engine' | 'log' | 'clock' | 'inputs'>;

/** What was done about a container, to be read after its name; or why manual intervention is required. */
export type RecoveryResult =
  | {
      readonly kind: 'repaired';
      readonly how: string;
      /** Where it is found on another side than it was to be brought to. */
      readonly side?: 'undo';
    }
  | { readonly kind: 'failed'; readonly why: string };

/** How a strategy brings a target to one side after an interrupted run. */
export interface Recovery {
  /** By what the engine lists beside the target, whatever the journal says; undefined if there is nothing. */
  fromEngine?(around: RecoveryContext, name: string, direction: Side, last: Entry): Promise<RecoveryResult | undefined>;
  /** By the journal's last entry, where the engine lists nothing. */
  fromJournal(
    around: RecoveryContext,
    container: ContainerDetails,
    interrupted: { readonly last: Entry; readonly record: RecordStep; readonly direction: Side },
  ): Promise<RecoveryResult>;
}

/** Writes down how a run ends that was cut off. */
export type RecordStep = (step: Step) => Promise<void>;

/** What going back or on works with: no probe, no soak, and it is never left where it is. */
export function recoveryUpdateContext(
  { engine, inputs, log, clock }: RecoveryContext,
  last: Entry,
  record: RecordStep,
): UpdateContext {
  return {
    engine,
    log,
    clock,
    inputs: { ...inputs, soakMs: 0, onFailure: 'rollback' },
    // A repair is finished also where the run is cancelled: it is what the cancelled run has to do before it ends.
    signal: new AbortController().signal,
    image: { reference: last.to.reference ?? last.to.image, id: last.to.image },
    replaced: new Map(),
    deadline: noDeadline,
    down: (work) => work(),
    phase: async (label, work) => {
      log.debug(`${last.container}: ${label}`);
      return await work();
    },
    claim: last,
    isKept: () => false,
    isOurs: (labels) => wasMadeFor(labels, last),
    // A switch of the repair is a step back, or forth again, of the run that was cut off.
    part: () => undefined,
    record: async (step) => (step === 'switch' ? await record('bring-back') : undefined),
  };
}
