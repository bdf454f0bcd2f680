import type { Log } from '../log.js';
import { messageOf } from '../message-of.js';
import type { ContainerSummary, Engine } from './engine.js';

/** Marks containers that a run makes for itself and removes before it ends. */
export const roleLabel = 'hot-deploy.role';
/** The run that a container of ours belongs to. */
export const runLabel = 'hot-deploy.run';
/** The process that does. */
export const holderLabel = 'hot-deploy.holder';
/** Marks the container that is the lock of an environment. It is no throw-away: others wait for it. */
export const lockLabel = 'hot-deploy.lock';

/** No run keeps one for so long: whoever made it was killed. */
const staleMs = 2 * 3_600_000;

/** The engine for one run: whatever throw-away container is made by it says whose it is. */
export function marking(engine: Engine, { run, holder }: { readonly run: string; readonly holder: string }): Engine {
  return {
    ...engine,
    createContainer: (name, spec) => {
      const labels = (spec['Labels'] ?? {}) as Readonly<Record<string, string>>;
      const marks = { [runLabel]: run, [holderLabel]: holder };
      return engine.createContainer(name, roleLabel in labels ? { ...spec, Labels: { ...labels, ...marks } } : spec);
    },
  };
}

/** Removes what runs that were killed have left behind. That it could not be removed is no reason against this run. */
export async function removeStale(
  engine: Engine,
  log: Log,
  /** Whether the process that this label names is known to have ended. */
  isGone: (holder: string) => boolean,
): Promise<void> {
  const left = (await engine.containers()).filter(({ labels }) => roleLabel in labels);
  // Their age is told by the engine's clock, and this machine's may be hours ahead of that.
  if (left.length > 0) await remove(engine, log, stale(left, await engine.now(), isGone));
}

/** Removes what one run has left behind that is known to have ended, or that ends now. */
export async function removeThrowAways(engine: Engine, log: Log, run: string, whose = 'an earlier run'): Promise<void> {
  const all = await engine.containers();
  const left = all.filter(({ labels }) => roleLabel in labels && labels[runLabel] === run);
  await remove(engine, log, left, whose);
}

/** Pure part of {@link removeStale}; `now` in milliseconds since 1970. */
export function stale(
  containers: readonly ContainerSummary[],
  now: number,
  isGone: (holder: string) => boolean,
): readonly ContainerSummary[] {
  return containers.filter(
    ({ labels, createdAt }) => roleLabel in labels && (now - createdAt > staleMs || isGone(labels[holderLabel] ?? '')),
  );
}

async function remove(
  engine: Engine,
  log: Log,
  left: readonly ContainerSummary[],
  whose = 'an earlier run',
): Promise<void> {
  for (const { id, names } of left) {
    try {
      await engine.removeContainer(id, { force: true, volumes: true });
      log.info(`removed ${names[0] ?? id}, which ${whose} had left behind`);
    } catch (error) {
      log.debug(`${names[0] ?? id}: ${messageOf(error)}`);
    }
  }
}
