import { ifThere, statusOf } from '../engines/call.js';
import type { Engine, Fence } from '../engines/engine.js';
import type { Clock, Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { acquire, type LockRequest } from './acquire.js';
import { heartbeat, heartbeatMs, lockTtlMs } from './heartbeat.js';
import { type Journal, openJournal } from './journal.js';
import { journalName, readLock } from './lock-labels.js';
import { markOf } from './run.js';

/** A lock that this run holds, and the journal that only its holder writes. */
export interface LockHandle extends Fence {
  readonly journal: Journal;
  /** Aborts where somebody else holds it now; the reason is a LockLost. */
  readonly lost: AbortSignal;
  /**
   * Asks the engine whether it is still held. Its answer is as old as the call that follows takes: that one call may still be
   * carried out after the loss, and none after it.
   *
   * @throws LockLost
   */
  check(): Promise<void>;
  /** Nothing is left of the journal once the lock is given back. */
  forget(): void;
  /** Gives it back, if it is still ours. Never fails: that it could not be given back is a warning. */
  release(): Promise<void>;
}

/** Another run holds the lock by now, or may: this one changes nothing any more, not even back. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

/** Beats for a lock until it is released or lost. */
export async function holdLock(
  engine: Engine,
  wanted: LockRequest,
  lock: string,
  { clock, log }: { readonly clock: Pick<Clock, 'sleep' | 'now' | 'date'>; readonly log: Log },
): Promise<LockHandle> {
  const { environment, name } = wanted;
  const [lost, over] = [new AbortController(), new AbortController()];
  let own = lock;
  let [failures, forgotten] = [0, false];
  let lastBeat = clock.now();
  const beat = async () => {
    await heartbeat(engine, own);
    lastBeat = clock.now();
  };
  const lose = (why: string) => lost.abort(new LockLost(`The lock on ${environment} ${why}`));

  /** A name that is free was freed by somebody who prunes, unless this run was silent for so long that another may have had it. */
  const takeAgain = async () => {
    if (clock.now() - lastBeat >= lockTtlMs) {
      return lose(
        `was lost: this run stood still for ${Math.round((clock.now() - lastBeat) / 1_000)} s, and others may have held it since.`,
      );
    }
    const claimed = await acquire(engine, wanted);
    if (claimed.kind === 'ours') {
      own = claimed.lock;
      await journal.moveTo(own);
      log.warning(
        `Somebody removed ${name}, the lock that this run holds on ${environment}: it was taken again, and the run goes on. Keep \`docker container prune\` from it by --filter 'label!=hot-deploy.lock'.`,
      );
      await beat();
    } else if (claimed.kind === 'taken') {
      const by = readLock(claimed.by.Config.Labels, environment)?.holder.by ?? 'a container that is no lock';
      lose(`was removed while this run held it, and ${by} has it now.`);
    }
  };

  const look = async () => {
    const standing = await engine.findContainer(own);
    if (standing === undefined) await takeAgain();
    // Whoever takes it over from one that is thought dead gives it another name first.
    else if (standing.Name !== `/${name}`)
      lose('was taken over by another run, since this one had not shown that it lives.');
  };
  let looking: Promise<void> | undefined;
  const check = async () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    await looking;
    lost.signal.throwIfAborted();
  };

  const prove = async () => {
    try {
      await check();
      await beat();
      failures = 0;
    } catch (error) {
      if (lost.signal.aborted) return;
      failures += 1;
      // One alone is made good by the next.
      if (failures === 2) {
        log.warning(
          `That this run holds the lock on ${environment} cannot be shown to others, who may take it: ${messageOf(error)}`,
        );
      }
    }
  };

  const journal = await openJournal(engine, { environment, lock, mark: markOf(wanted.run) }, clock).catch(
    async (error: unknown) => {
      // Nobody beats for it any more. It may hold the only journal by now: those before go once they have come along.
      await engine.renameContainer(lock, journalName(environment, lock)).catch(() => undefined);
      throw error;
    },
  );
  const beating = (async () => {
    while (!over.signal.aborted && !lost.signal.aborted) {
      await prove();
      await clock.sleep(heartbeatMs, over.signal);
    }
  })();

  const giveBack = async () => {
    const standing = await engine.findContainer(own);
    if (standing?.Name !== `/${name}`) return;
    if (journal.entries.length > 0 && !forgotten) await engine.renameContainer(own, journalName(environment, own));
    else await ifThere(engine.removeContainer(own, { force: true, volumes: true }));
  };

  return {
    ...{ environment, token: journal.token, journal },
    lost: lost.signal,
    check,
    forget: () => {
      forgotten = true;
    },
    release: async () => {
      over.abort();
      await beating;
      try {
        await giveBack();
      } catch (error) {
        if (statusOf(error) === 404) return;
        log.warning(
          `The lock on ${environment} could not be given back: ${messageOf(error)} The next run on this machine takes it at once, one on another after a while; docker rename ${name} ${journalName(environment, own)} frees it by hand.`,
        );
      }
    },
  };
}
