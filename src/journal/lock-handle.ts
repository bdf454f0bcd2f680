import { statusOf } from '../engines/call.js';
import type { Engine } from '../engines/engine.js';
import type { Clock, Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { acquire, type LockRequest } from './acquire.js';
import { heartbeat, heartbeatMs } from './heartbeat.js';
import { readLock } from './lock-labels.js';

/** A lock that this run holds. */
export interface LockHandle {
  /** Aborts where somebody else holds it now; the reason is an Error with a sentence for the report. */
  readonly lost: AbortSignal;
  /** Gives it back, if it is still ours. Never fails: that it could not be given back is a warning. */
  release(): Promise<void>;
}

/** Beats for a lock until it is released or lost. */
export function holdLock(
  engine: Engine,
  wanted: LockRequest,
  lock: string,
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Log },
): LockHandle {
  const { environment, name } = wanted;
  const [lost, over] = [new AbortController(), new AbortController()];
  let own = lock;
  let failures = 0;

  /** A name that is free was freed by somebody who prunes; of one that is not, somebody else is the holder. */
  const takeAgain = async () => {
    const claimed = await acquire(engine, wanted);
    if (claimed.kind === 'ours') {
      own = claimed.lock;
      log.warning(
        `Somebody removed ${name}, the lock that this run holds on ${environment}: it was taken again, and the run goes on. Keep \`docker container prune\` from it by --filter 'label!=hot-deploy.lock'.`,
      );
      await heartbeat(engine, own);
    } else if (claimed.kind === 'taken') {
      const by = readLock(claimed.by.Config.Labels, environment)?.holder.by ?? 'a container that is no lock';
      lost.abort(new Error(`The lock on ${environment} was removed while this run held it, and ${by} has it now.`));
    }
  };

  const prove = async () => {
    try {
      await heartbeat(engine, own).catch(async (error: unknown) => {
        if (statusOf(error) !== 404) throw error;
        await takeAgain();
      });
      failures = 0;
    } catch (error) {
      failures += 1;
      // One alone is made good by the next.
      if (failures === 2) {
        log.warning(
          `That this run holds the lock on ${environment} cannot be shown to others, who may take it: ${messageOf(error)}`,
        );
      }
    }
  };

  const beating = (async () => {
    while (!over.signal.aborted && !lost.signal.aborted) {
      await prove();
      await clock.sleep(heartbeatMs, over.signal);
    }
  })();

  return {
    lost: lost.signal,
    release: async () => {
      over.abort();
      await beating;
      try {
        await engine.removeContainer(own, { force: true, volumes: true });
      } catch (error) {
        log.warning(
          `The lock on ${environment} could not be given back: ${messageOf(error)} The next run on this machine takes it at once, one on another after a while; docker rm ${name} frees it by hand.`,
        );
      }
    },
  };
}
