import type { Inputs } from '../config/inputs.js';
import type { Version } from '../journal/entry.js';
import type { Past } from './target.js';

/**
 * The image name that has to follow the rollback, so that a new container boots what runs: the one that was given, or one
 * that moved from the old version to the new when that was deployed. A name of its own for each version stays where it is.
 */
export function nameToMove({ image }: Inputs, target: Version, pasts: readonly Past[]): string | undefined {
  if (image !== undefined) {
    return image;
  }
  const left = pasts.flatMap(({ line }) => line.at(-1)?.reference ?? []);
  return left.find((reference) => reference === target.reference && !reference.startsWith('sha256:'));
}
