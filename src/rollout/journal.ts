import { randomBytes } from 'node:crypto';
import type { Claim, EntryDetails, Step } from '../journal/entry.js';
import { entriesOf, idsOf, lineage, ran, wasMadeFor } from '../journal/history.js';
import type { Journal } from '../journal/journal.js';
import { type Changing, versionBy } from '../strategies/strategy.js';
import type { Log } from '../system/log.js';

/** What all updates of a run have in common. */
export type RunDetails = Pick<EntryDetails, 'run' | 'task' | 'to' | 'fleet' | 'environment' | 'by'>;

/** Writes down what is about to be done with one target. */
export interface TargetJournal {
  readonly claim: Claim;
  readonly isKept: (id: string) => boolean;
  readonly isOurs: (labels: Readonly<Record<string, string>>) => boolean;
  /** @throws Error where the step could not be written down: it must not be carried out then */
  readonly record: (step: Step) => Promise<void>;
}

export function openTargetJournal(
  journal: Journal,
  runDetails: RunDetails,
  plan: Changing,
  log: Pick<Log, 'debug'>,
): TargetJournal {
  const { container, name, update } = plan;
  const runs = ran(container, plan.from);
  const from = lineage(entriesOf(journal.entries, name), runs).at(-1) ?? runs;
  const version = versionBy(plan);
  const to = { ...runDetails.to, ...(version !== undefined && { version }) };
  const rooted = plan.root !== undefined && { root: plan.root };
  const claim = { id: container.Id, nonce: randomBytes(16).toString('hex') };
  const details: EntryDetails = {
    ...runDetails,
    ...claim,
    ...update.entry(plan),
    container: name,
    from,
    to,
    ...rooted,
  };
  let begun = false;
  return {
    claim: details,
    isOurs: (labels) => [details, ...entriesOf(journal.entries, name)].some((entry) => wasMadeFor(labels, entry)),
    isKept: (id) => idsOf(journal.entries, name).has(id),
    record: async (step) => {
      // What was refused before its first step has left nothing to tell of.
      if (step === 'undone' && !begun) return;
      log.debug(`${name}: journal: ${step}`);
      // It may be on the disk also where the answer was lost.
      begun = true;
      await journal.write(details, step);
    },
  };
}
