import type { Engine } from '../docker/engine.js';
import type { Report } from '../report/report.js';
import type { Remembered } from './past.js';

// https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
const revisionLabel = 'org.opencontainers.image.revision';

/**
 * What ran before a rollback, and the commit it was made of: by the label that builders give an image, else by a tag that is
 * a commit. Undefined where the containers did not run the same.
 */
export async function takenBack(engine: Engine, pasts: readonly Remembered[]): Promise<Report['tookBack']> {
  const [first, ...others] = pasts.map(({ line }) => line.at(-1));
  if (first === undefined || others.some((other) => other?.image !== first.image)) return undefined;
  const labels = (await engine.findImage(first.image))?.Config.Labels;
  const [, tag] = /:([0-9a-f]{40})$/.exec(first.reference ?? '') ?? [];
  const commit = [labels?.[revisionLabel], tag].find((each) => each !== undefined && /^[0-9a-f]{40}$/.test(each));
  return { image: first.image, ...(commit !== undefined && { commit }) };
}
