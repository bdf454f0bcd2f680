import { type ContainerDetails, nameOf } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import type { Clock } from '../../system/log.js';
import { poll } from '../../system/poll.js';

export const removedWithinMs = 60_000;

/** The engine deletes a container with --rm a while after it has ended; its name is free only then. */
export async function awaitRemoval(engine: Engine, container: ContainerDetails, clock: Clock): Promise<void> {
  const look = async () => ((await engine.findContainer(container.Id)) === undefined ? true : undefined);
  if (await poll(clock, { everyMs: 20, withinMs: removedWithinMs }, look)) return;
  throw new Error(
    `${nameOf(container)} was started with --rm and has ended, and the engine has not deleted it within ${removedWithinMs / 1_000} s.`,
  );
}
