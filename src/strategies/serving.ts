import { NodeUnreachable } from '../node/node.js';
import type { ServingRelease } from '../release/release.js';
import { readServing } from '../release/running.js';
import { poll } from '../system/poll.js';
import type { UpdateContext } from './context.js';

const patienceMs = 60_000;

/** Asks until the node has booted and says what it runs, one of these versions where any are named; undefined where it does not in time. */
export async function serving(
  { clock, engine, inputs }: Pick<UpdateContext, 'clock' | 'engine' | 'inputs'>,
  container: string,
  versions?: readonly string[],
  timeoutMs = patienceMs,
): Promise<ServingRelease | undefined> {
  return await poll(clock, { everyMs: 200, withinMs: timeoutMs }, async (isLast) => {
    try {
      const reading = await readServing(engine, await engine.inspectContainer(container), inputs);
      if (reading.kind !== 'running' || !reading.release.booted) return undefined;
      return (versions?.includes(reading.release.version) ?? true) ? reading.release : undefined;
    } catch (error) {
      // It boots: neither container nor node may answer yet. What it says last counts.
      if (isLast && !(error instanceof NodeUnreachable)) throw error;
      return undefined;
    }
  });
}

const onceMs = 3_000;
/** A machine with much to do may take this long to answer, and a deploy that came through is not to be undone for that. */
const standsMs = 30_000;

/** Whether a VM that ended since has booted this version by itself: what is not permanent does not outlive it. */
export async function runsAlready(work: UpdateContext, container: string, version: string): Promise<boolean> {
  const found = await work.engine.findContainer(container).catch(() => undefined);
  if (!found?.State.Running) return false;
  return (await serving(work, container, undefined, onceMs).catch(() => undefined))?.version === version;
}

/** Restarts the very container, which boots what is permanent; when it is its turn, and others serve. */
export async function bootAgain(
  { engine, down, ...work }: UpdateContext,
  container: string,
  version: string,
): Promise<void> {
  await down(async () => {
    await engine.stopContainer(container);
    await engine.startContainer(container);
    // The next container may go down once this one serves. Which version it runs is asked later.
    await serving({ ...work, engine }, container, [version]).catch(() => undefined);
  });
}

/**
 * Why a container is not, or not any more, what it was brought to, to be read after its name; undefined if it is. Its node is
 * asked if it can be.
 */
export async function whyUnlike(
  work: UpdateContext,
  id: string,
  version: string | undefined,
): Promise<string | undefined> {
  const { State: state } = (await work.engine.findContainer(id)) ?? {};
  if (!state?.Running || state.Restarting) return 'has ended since';
  if (version === undefined) return undefined;
  const runs = await serving(work, id, undefined, standsMs).catch(() => undefined);
  if (runs === undefined) return `does not say any more that it runs ${version}`;
  return runs.version === version ? undefined : `runs ${runs.version} since its VM was started again`;
}
