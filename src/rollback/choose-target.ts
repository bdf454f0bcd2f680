import type { Engine } from '../engines/engine.js';
import type { Version } from '../journal/entry.js';
import { lastOf } from '../journal/history.js';
import { Refusal } from '../reasons/refusal.js';
import { findVersion, type History } from './find-version.js';

/**
 * What all containers go back to: they are one fleet, and never run two versions.
 *
 * @throws Refusal where nothing is known by that name, or where each would go elsewhere
 */
export async function chooseTarget(engine: Engine, to: string, pasts: readonly History[]): Promise<Version> {
  const image = to === 'previous' ? undefined : await engine.findImage(to);
  const sought = pasts.map((past) => {
    const found = findVersion(to, past, image?.Id);
    if (found.kind !== 'unknown') return { name: past.name, target: found.target };
    if (image === undefined) throw new Refusal(`${found.why}`);
    return { name: past.name, target: { image: image.Id, reference: to } satisfies Version };
  });
  const [first] = sought;
  const other = sought.find(({ target }) => first !== undefined && lastOf([first.target], target) < 0);
  if (first === undefined || other !== undefined) {
    const each = sought.map(({ name, target }) => `${name} to ${target.version ?? target.reference ?? target.image}`);
    throw new Refusal(
      `The containers would not go back to one version: ${each.join(', ')}. Name a version or an image with \`to\`.`,
    );
  }
  return first.target;
}
