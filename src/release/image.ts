import type { Engine } from '../docker/engine.js';
import { map, text } from '../node/term.js';
import { readFiles } from './files.js';
import { refuseUnusableNames } from './names.js';
import type { ImageRelease } from './release.js';
import type { Workshop } from './workshop.js';

/** Reads the release in the new image, by its own runtime. */
export async function readImage(engine: Engine, workshop: Workshop): Promise<ImageRelease> {
  const read = (await workshop.ask({
    module: 'hot_deploy_release',
    function: 'read',
    argument: map({ root: text(workshop.root) }),
  })) as Omit<ImageRelease, 'files'>;
  refuseUnusableNames(read, workshop.reference);
  const { files } = await readFiles(engine, workshop.container, '0:0', read.root, read.version);
  return { ...read, files };
}
