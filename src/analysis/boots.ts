import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Reason } from '../reasons/reason.js';
import { newSalt } from '../release/baseline.js';
import { bootOnce } from '../release/cold-boot.js';
import { confinement } from '../release/confinement.js';
import { createIsolated } from '../release/isolation.js';
import type { Cache } from './cache.js';
import type { AnalysisContext } from './context.js';
import { isolated } from './isolated.js';
import { judgeBoots } from './judge-boots.js';

/**
 * Reasons against a release that does not boot although what runs does, also if it is to be deployed by restart; none if
 * `strategy` asks for a restart.
 */
export async function assessBoots(
  site: AnalysisContext,
  { container, oldImage, nodeName }: Booted,
  shared: Cache,
): Promise<readonly Reason[]> {
  const { engine, image, clock, next, inputs } = site;
  if (inputs.strategy === 'restart') return [];
  const { Env, Cmd, Entrypoint } = container.Config;
  const bootOf = (which: ImageDetails) =>
    shared('boot', JSON.stringify([which.Id, next.version, Env, Cmd, Entrypoint, confinement(container)]), () => {
      const apart = isolated(site, { container, oldImage, image: which, nodeName });
      const create = () => createIsolated(engine, 'cold-boot', apart);
      return bootOnce(engine, { ...apart, create }, newSalt(), clock);
    });
  const ofNext = await bootOf(image);
  return ofNext.kind === 'booted' ? [] : judgeBoots(next.version, await bootOf(oldImage), ofNext);
}

interface Booted {
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  readonly nodeName: string;
}
