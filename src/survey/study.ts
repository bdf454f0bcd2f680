import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import type { Comparison } from '../plan/comparison.js';
import { newSalt } from '../release/baseline.js';
import { type ColdBoot, coldBoot } from '../release/cold-boot.js';
import { type ModuleChanges, moduleChanges } from '../release/modules.js';
import { bringOld } from '../upgrade/old.js';
import { isolated } from './isolated.js';
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
  const { engine, workshop, image, clock } = site;
  const { running, next, change } = comparison;
  const read = async () => {
    await bringOld(engine, container.Id, workshop, running, change);
    return await moduleChanges(workshop, change, running, next);
  };
  const [modules, boot] = await Promise.all([
    read(),
    coldBoot(engine, isolated(site, { container, oldImage, image, nodeName: running.nodeName }), newSalt(), clock),
  ]);
  return { modules, boot };
}
