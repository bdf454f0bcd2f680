import type { Inputs } from '../config/inputs.js';
import type { Version } from '../journal/entry.js';
import type { History } from './find-version.js';

/**
 * The image name that has to follow the rollback, so that a new container boots what runs: the one that was given, or one
 * that moved from the old version to the new when that was deployed. A name of its own for each version stays where it is.
 */
export function tagToMove({ image }: Inputs, target: Version, pasts: readonly History[]): string | undefined {
  if (image !== undefined) {
    return image;
  }
  const left = pasts.flatMap(({ line }) => line.at(-1)?.reference ?? []);
  return left.find((reference) => reference === target.reference && !reference.startsWith('sha256:'));
}
