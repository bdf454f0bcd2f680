import type { Engine } from '../docker/engine.js';
import type { Step, Undertaking, Version } from '../ledger/entry.js';
import { lineage } from '../ledger/history.js';
import { openLedger } from '../ledger/ledger.js';
import type { Clock, Log } from '../log.js';
import { messageOf } from '../message-of.js';
import type { Changing } from '../plan/plan.js';

/** What all journeys of a run have in common. */
export type Errand = Pick<Undertaking, 'run' | 'task' | 'to' | 'fleet' | 'environment' | 'by'>;

/** Writes down what is about to be done with one container. */
export interface Journal {
  /** @throws Error where the step could not be written down: it must not be carried out then */
  note(step: Step): Promise<void>;
  /** Goes on in the container that has taken the place of the first. Its release may lie elsewhere. */
  arrive(container: string): Promise<void>;
}

/**
 * Opens the ledger of a container. One whose file system is read-only has none, and neither has one whose release is
 * unknown: for these only the names of containers tell what was under way.
 */
export async function openJournal(
  engine: Engine,
  errand: Errand,
  plan: Changing,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Journal> {
  const { container, name, place } = plan;
  if (place === undefined || container.HostConfig.ReadonlyRootfs) {
    log.debug(`${name}: nothing can be written down in it`);
    return { note: async () => undefined, arrive: async () => undefined };
  }
  const ledger = await openLedger(engine, { ...place, container: container.Id }, clock);
  const from = lineage(ledger.entries, ran(plan)).at(-1) ?? ran(plan);
  const undertaking: Undertaking = { ...errand, ...wayOf(plan), container: name, from };
  let begun = false;
  return {
    note: async (step) => {
      // What was refused before its first step has left nothing to tell of.
      if (step === 'undone' && !begun) return;
      log.debug(`${name}: ledger: ${step}`);
      await ledger.write(undertaking, step);
      begun = true;
    },
    arrive: async (id) => {
      const root = 'next' in plan ? plan.next.root : place.root;
      try {
        await ledger.moveTo({ ...place, container: id, root });
      } catch (error) {
        const why = messageOf(error);
        log.warning(`${name}: what was written down of it could not be brought into its new container: ${why}`);
      }
    },
  };
}

/** A container that was never deployed to runs what it was made from. */
function ran({ container, from }: Changing): Version {
  const { Image: image, Config } = container;
  const reference = Config.Image.startsWith('sha256:') ? {} : { reference: Config.Image };
  return { image, ...reference, ...(from !== undefined && { version: from }) };
}

function wayOf(plan: Changing): Pick<Undertaking, 'way' | 'brought' | 'wayBack'> {
  if (plan.method !== 'relup') {
    return { way: plan.method };
  }
  const { hot, rehearsal } = plan;
  const brought = hot.bundle.directories.filter((directory) => !hot.present.includes(directory));
  return {
    way: 'relup',
    brought,
    ...(rehearsal?.kind === 'passed' && {
      wayBack: rehearsal.noWayDown === undefined ? ('downgrade' as const) : ('restart' as const),
    }),
  };
}
