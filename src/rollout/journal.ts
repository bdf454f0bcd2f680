import type { Engine } from '../engines/engine.js';
import type { EntryDetails, Step } from '../journal/entry.js';
import { lineage, ran } from '../journal/history.js';
import { type Journal, openJournal } from '../journal/journal.js';
import { type Changing, versionBy } from '../strategies/strategy.js';
import type { Clock, Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { once } from '../system/once.js';

/** What all journeys of a run have in common. */
export type RunRecord = Pick<EntryDetails, 'run' | 'task' | 'to' | 'fleet' | 'environment' | 'by'>;

/** Writes down what is about to be done with one container. */
export interface TargetJournal {
  /** @throws Error where the step could not be written down: it must not be carried out then */
  note(step: Step): Promise<void>;
  /** Goes on in the container that has taken the place of the first. Its release may lie elsewhere. */
  arrive(container: string): Promise<void>;
}

interface Opened {
  readonly ledger: Journal;
  readonly undertaking: EntryDetails;
}

/**
 * The journal of one container, in its ledger. One whose file system is read-only has none, and neither has one whose
 * release is unknown: for these only the names of containers tell what was under way.
 */
export function openTargetJournal(
  engine: Engine,
  runRecord: RunRecord,
  plan: Changing,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): TargetJournal {
  const { container, name, place, update } = plan;
  const { standby } = update;
  if (place === undefined || container.HostConfig.ReadonlyRootfs) {
    log.debug(`${name}: nothing can be written down in it`);
    return { note: async () => undefined, arrive: async () => undefined };
  }
  // Opened with the first step: a ledger that cannot be read is a step that cannot be written down.
  const opened = once<Opened>();
  const open = () =>
    opened(container.Id, async () => {
      // What was re-created by hand begins anew, and the one that was kept from before has a past of its own.
      const { container: kept, root } = standby ?? {};
      const next = kept !== undefined && root !== undefined ? { container: kept, root } : undefined;
      const ledger = await openJournal(engine, { ...place, container: container.Id }, clock, next);
      const runs = ran(container, plan.from);
      const from = lineage(ledger.entries, runs).at(-1) ?? runs;
      const version = versionBy(plan);
      const to = { ...runRecord.to, ...(version !== undefined && { version }) };
      return { ledger, undertaking: { ...runRecord, ...update.record(plan), container: name, from, to } };
    });
  let begun = false;
  return {
    note: async (step) => {
      // What was refused before its first step has left nothing to tell of.
      if (step === 'undone' && !begun) return;
      log.debug(`${name}: ledger: ${step}`);
      const { ledger, undertaking } = await open();
      await ledger.write(undertaking, step);
      begun = true;
    },
    arrive: async (id) => {
      const root = standby?.root ?? place.root;
      try {
        const { ledger } = await open();
        await ledger.moveTo({ ...place, container: id, root });
      } catch (error) {
        const why = messageOf(error);
        log.warning(`${name}: what was written down of it could not be brought into its new container: ${why}`);
      }
    },
  };
}
