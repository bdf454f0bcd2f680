import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import type { Comparison } from '../plan/comparison.js';
import { type ColdBoot, coldBoot } from '../release/cold-boot.js';
import { type ModuleChanges, moduleChanges } from '../release/modules.js';
import { bringOld } from '../upgrade/old.js';
import type { Site } from './site.js';

/** What both releases' code says, and how the new one comes up. */
export interface Study {
  readonly modules: readonly ModuleChanges[];
  readonly boot: ColdBoot;
}

/** Reads the changed modules in both versions, and boots the new release once, at the same time. */
export async function study(
  site: Site,
  container: ContainerDetails,
  oldImage: ImageDetails,
  comparison: Comparison,
): Promise<Study> {
  const { engine, workshop, image, clock, inputs } = site;
  const { running, next, change } = comparison;
  const read = async () => {
    await bringOld(engine, container.Id, workshop, running, change);
    return await moduleChanges(workshop, change, running, next);
  };
  const [modules, boot] = await Promise.all([
    read(),
    coldBoot(
      engine,
      { container, oldImage, newImage: image, nodeName: running.nodeName, named: inputs.nodeName !== undefined },
      clock,
    ),
  ]);
  return { modules, boot };
}
