import { ifThere } from '../engines/call.js';
import type { ContainerDetails } from '../engines/details.js';
import { findRoot, openJournal } from '../journal/journal.js';
import type { RecoveryContext, RecoveryRecord } from '../strategies/recovery.js';
import { once } from '../system/once.js';
import type { InterruptedTarget } from './interrupted.js';

/** What is written down of a run that was cut off. */
interface Writings {
  /** Goes on in the container that serves now, which may be another one. */
  in(container: ContainerDetails): RecoveryRecord;
}

/** Reads it while it is there; nothing is written where nothing was, or where it went with its container. */
export async function openRecord(
  { engine, clock, log }: RecoveryContext,
  { last, written }: InterruptedTarget,
): Promise<Writings> {
  const ledger = written && (await ifThere(openJournal(engine, written, clock)));
  if (last === undefined || written === undefined || ledger === undefined) {
    return { in: () => ({ write: async () => undefined }) };
  }
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
