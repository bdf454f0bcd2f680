import type { AnalysisContext } from '../analysis/context.js';
import { isolated } from '../analysis/isolated.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import { processSalt } from '../release/baseline.js';
import { bootAndRead, type ColdBoot, coldBoot } from '../release/cold-boot.js';
import { type ModuleChanges, moduleChanges } from '../release/modules.js';
import { createRehearsalContainer } from '../release/rehearsal-container.js';
import type { Comparison } from './comparison.js';
import { withOld } from './old.js';

/** What both releases' code says, and how both come up where nobody is served. */
export interface CodeAnalysis {
  readonly modules: readonly ModuleChanges[];
  readonly boots: {
    /** Of what runs, earlier hot upgrades included. */
    readonly old: ColdBoot;
    readonly new: ColdBoot;
  };
}

/** Reads the changed modules in both versions, and boots both releases, at the same time. */
export async function analyzeCode(
  site: AnalysisContext,
  container: ContainerDetails,
  oldImage: ImageDetails,
  comparison: Comparison,
): Promise<CodeAnalysis> {
  const { engine, workshop, image, clock } = site;
  const { running, next, change } = comparison;
  const salt = processSalt();
  const apart = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  const [modules, old, fresh] = await Promise.all([
    withOld(engine, container.Id, workshop, comparison, () => moduleChanges(workshop, change, running, next)),
    // Once: the rehearsal sees it a second time.
    bootAndRead(
      engine,
      { ...apart, image: oldImage, create: () => createRehearsalContainer(engine, apart, running) },
      salt,
      clock,
    ),
    coldBoot(engine, apart, salt, clock),
  ]);
  return { modules, boots: { old, new: fresh } };
}
