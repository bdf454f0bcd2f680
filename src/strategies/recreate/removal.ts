import { type ContainerDetails, nameOf } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import type { Clock } from '../../system/log.js';

export const removedWithinMs = 60_000;

/** The engine deletes a container with --rm a while after it has ended; its name is free only then. */
export async function awaitRemoval(engine: Engine, container: ContainerDetails, clock: Clock): Promise<void> {
  const since = clock.now();
  while ((await engine.findContainer(container.Id)) !== undefined) {
    if (clock.now() - since > removedWithinMs) {
      const name = nameOf(container);
      throw new Error(
        `${name} was started with --rm and has ended, and the engine has not deleted it within ${removedWithinMs / 1_000} s.`,
      );
    }
    await clock.sleep(20);
  }
}
