import type { Clock, Log } from '../log.js';
import type { ContainerSummary, Engine } from './engine.js';

/** Marks containers that a run makes for itself and removes before it ends. */
export const roleLabel = 'hot-deploy.role';
/** Marks the container that is the lock of an environment. It is no throw-away: others wait for it. */
export const lockLabel = 'hot-deploy.lock';

/** No run keeps one for so long: whoever made it was killed. */
const staleMs = 2 * 3_600_000;

/** Removes what runs that were killed have left behind. That it could not be removed is no reason against this run. */
export async function removeStale(engine: Engine, clock: Clock, log: Log): Promise<void> {
  const left = stale(await engine.containers(), clock.date());
  for (const { id, names } of left) {
    try {
      await engine.removeContainer(id, { force: true, volumes: true });
      log.info(`removed ${names[0] ?? id}, which an earlier run had left behind`);
    } catch (error) {
      log.debug(`${names[0] ?? id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Pure part of {@link removeStale}; `now` in milliseconds since 1970. */
export function stale(containers: readonly ContainerSummary[], now: number): readonly ContainerSummary[] {
  return containers.filter(({ labels, createdAt }) => roleLabel in labels && now - createdAt > staleMs);
}
