import type { Report } from '../deployment/report.js';
import { type ContainerDetails, type ImageDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { removeThrowAways } from '../engines/throw-away.js';
import { fenced } from '../journal/fence.js';
import { type AcquiredLock, acquireLock } from '../journal/lock.js';
import { markOf } from '../journal/run.js';
import { Refusal } from '../reasons/refusal.js';
import type { CurrentRun } from '../rollout/reporting.js';

/**
 * Runs what changes containers while nobody else may: one at a time for an environment on an engine. Whatever was known about
 * the containers before is to be asked again inside, since whoever was waited for may have changed it.
 *
 * @param story gets an engine that changes nothing any more once the lock is lost, and a draft whose signal aborts then, too
 */
export async function underLock(
  engine: Engine,
  draft: CurrentRun,
  containers: readonly ContainerDetails[],
  story: (engine: Engine, draft: CurrentRun, held: AcquiredLock) => Promise<Report>,
): Promise<Report> {
  const { inputs, world, run } = draft;
  const { log, clock, signal } = world;
  const { environment, lockTimeoutMs: timeoutMs } = inputs;
  const held = await log.group('Take the lock', async () =>
    acquireLock(engine, {
      ...{ environment, run, timeoutMs, clock, log, signal },
      image: await imageOf(engine, containers),
    }),
  );
  try {
    if (held.tookOver !== undefined) {
      await removeThrowAways(engine, log, held.journal.before);
    }
    const within = { ...world, signal: AbortSignal.any([signal, held.lost]) };
    const report = await story(fenced(engine, held), { ...draft, world: within, journal: held.journal }, held);
    const lost = whyLost(held);
    return lost === undefined ? report : { ...report, message: [lost, report.message].filter(Boolean).join(' ') };
  } catch (error) {
    const lost = whyLost(held);
    throw error instanceof Refusal && lost !== undefined
      ? new Refusal(`${lost} ${error.message}`, { cause: error })
      : error;
  } finally {
    // What it made for itself is nobody else's, and its own calls are turned away by now.
    if (held.lost.aborted) await removeThrowAways(engine, log, [markOf(run)]);
    await held.release();
  }
}

function whyLost({ lost }: AcquiredLock): string | undefined {
  return lost.aborted ? String(lost.reason.message) : undefined;
}

/** One that is surely there: that of a container which the run is about. */
async function imageOf(engine: Engine, containers: readonly ContainerDetails[]): Promise<ImageDetails> {
  for (const { Image: id } of containers) {
    const image = await engine.findImage(id);
    if (image !== undefined) {
      return image;
    }
  }
  const names = containers.map(nameOf).join(', ');
  throw new Refusal(
    `The engine no longer has the image that ${names} was started from, so there is none for the lock.`,
  );
}
