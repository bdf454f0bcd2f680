import type { Made } from '../deployment/report.js';
import type { Engine } from '../engines/engine.js';
import type { Version } from '../journal/entry.js';
import { isCommit, revisionLabel } from '../release/revision.js';

/**
 * The commit that a version was made of: by the label that builders give an image, else by a tag that is a commit. Undefined
 * where there is no version that all have.
 */
export async function sourceOf(engine: Engine, versions: readonly (Version | undefined)[]): Promise<Made | undefined> {
  const [first, ...others] = versions;
  if (first === undefined || others.some((other) => other?.image !== first.image)) return undefined;
  const labels = (await engine.findImage(first.image))?.Config.Labels;
  const [, tag] = /:([0-9a-f]+)$/.exec(first.reference ?? '') ?? [];
  const commit = [labels?.[revisionLabel], tag].find(isCommit);
  return { image: first.image, ...(commit !== undefined && { commit }) };
}
