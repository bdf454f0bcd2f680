import type { ContainerDetails, ImageDetails } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { following } from '../../engines/following.js';
import { type Names, namesFor } from '../../engines/names.js';
import { recreation } from '../../engines/recreation.js';
import { differingSettings, settings } from '../../engines/settings.js';
import { create, type Replaced, referenceTo } from './create.js';
import { dependents } from './dependents.js';
import { copyInjected } from './injected.js';
import { lending } from './lent-name.js';
import { preflight } from './preflight.js';
import { phases, type Recreated, type RecreateOptions, replace, unlessCancelled, untouched } from './replace.js';

/**
 * Puts a container on another image in the old one's place, with everything the user set. What can fail without harm comes
 * first. The old container stays, stopped, until the caller makes it final or goes back to it; of one with --rm, which the
 * engine deletes, a spare.
 */
export async function recreate(
  engine: Engine,
  container: ContainerDetails,
  oldImage: ImageDetails,
  newImage: { readonly reference: string; readonly id: string },
  options: RecreateOptions,
): Promise<Recreated> {
  const phase = phases(options);
  const old = following(container, options.replaced ?? new Map());
  const names = namesFor(old);
  let fresh = '';
  let image: ImageDetails;
  let warnings: readonly string[];
  try {
    await preflight(engine, old, options);
    image = await imageOf(engine, newImage.id);
    const plan = recreation(old, oldImage, await referenceTo(engine, newImage), newImage.id);
    warnings = [...plan.warnings, ...(await dependents(engine, old))];
    const furnish = (id: string) => copyInjected(engine, old, id);
    await options.record('create');
    await phase('create', async () => {
      const place = { name: names.fresh, old: { container: old, claim: options.claim, isOurs: options.isOurs } };
      fresh = await create(lending(engine, newImage, options.log), place, plan, newImage.id, furnish);
      // Made now, it costs no downtime later; and of two that the engine deletes when they end, none would be left.
      if (old.HostConfig.AutoRemove) await spareFor(engine, place.old, oldImage, names, furnish);
    });
    unlessCancelled(options);
    await options.record('stop');
    unlessCancelled(options);
  } catch (error) {
    return await untouched(engine, error, { names, claim: options.claim });
  }
  const compared = () => compare(engine, { old, oldImage, fresh, image });
  return await replace(engine, { old, names, fresh }, { options, phase, warnings, compared });
}

/** The old container once more, from its own settings on its own image: what stands in for one that --rm removes. */
async function spareFor(
  engine: Engine,
  old: Replaced,
  oldImage: ImageDetails,
  names: Names,
  furnish: (id: string) => Promise<void>,
): Promise<string> {
  const { container } = old;
  const reference = await referenceTo(engine, { reference: container.Config.Image, id: container.Image });
  const again = recreation(container, oldImage, reference, container.Image);
  return await create(engine, { name: names.old, old }, again, container.Image, furnish);
}

async function imageOf(engine: Engine, id: string): Promise<ImageDetails> {
  const image = await engine.findImage(id);
  if (image === undefined)
    throw new Error(`The engine at ${engine.address} has no image ${id}: build or load it there first.`);
  return image;
}

async function compare(
  engine: Engine,
  {
    old,
    oldImage,
    fresh,
    image,
  }: { old: ContainerDetails; oldImage: ImageDetails; fresh: string; image: ImageDetails },
): Promise<{ equal: boolean; differing: readonly string[] } | undefined> {
  try {
    const after = settings(await engine.inspectContainer(fresh), image);
    const differing = differingSettings(settings(old, oldImage), after);
    return { equal: differing.length === 0, differing };
  } catch {
    // The new container serves; that it could not be read once more does not make that untrue.
    return undefined;
  }
}
