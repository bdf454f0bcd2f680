import type { Earlier } from '../../deployment/report.js';
import { type ContainerDetails, nameOf } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import type { Log } from '../../system/log.js';
import { messageOf } from '../../system/message-of.js';
import { type IsKept, keptContainers } from '../../targets/kept.js';

/** What settling leaves behind for a way back, and what a person should know. */
export interface Settled {
  readonly earlier: Earlier;
  readonly warnings: readonly string[];
}

/**
 * Removes all but the newest, without their volumes, since those went along from one container to the next. That one could
 * not be removed or measured makes no deploy fail. One that somebody has started is left alone.
 */
export async function keepNewest(
  engine: Engine,
  own: string,
  { newest, log, isKept }: { readonly newest: number; readonly log: Log; readonly isKept: IsKept },
): Promise<Settled> {
  const warnings: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      warnings.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const all = (await attempt(`what is kept of ${own} is unknown`, () => keptContainers(engine, own, isKept))) ?? [];
  const surplus = all.slice(newest).filter(({ State: state }) => !state.Running);
  const removed: string[] = [];
  let bytesFreed = 0;
  for (const container of surplus) {
    const [name, bytes] = [nameOf(container), await size(engine, container, log)];
    await attempt(`${name} is kept longer than it was to be`, async () => {
      await engine.removeContainer(container.Id);
      removed.push(name);
      bytesFreed += bytes ?? 0;
    });
  }
  const containers = await Promise.all(
    all
      .filter((container) => !removed.includes(nameOf(container)))
      .map(async (container): Promise<Earlier['containers'][number]> => {
        const bytes = await size(engine, container, log);
        const { Id: id, Config: config } = container;
        return { name: nameOf(container), id, image: config.Image, ...(bytes !== undefined && { bytes }) };
      }),
  );
  return {
    earlier: { containers, releases: [], removed, ...(removed.length > 0 && { bytesFreed }) },
    warnings,
  };
}

/** A report without a figure is better than none, so an engine that cannot measure is only spoken of in the log. */
async function size(engine: Engine, { Id: id }: ContainerDetails, log: Log): Promise<number | undefined> {
  try {
    return await engine.containerSize(id);
  } catch (error) {
    log.debug(messageOf(error));
    return undefined;
  }
}
