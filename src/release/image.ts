import type { Engine } from '../engines/engine.js';
import { map, text } from '../node/term.js';
import { readFiles } from './files.js';
import { refuseUnusableNames } from './names.js';
import { type ImageRelease, isImageRelease } from './release.js';
import type { Toolbox } from './toolbox.js';

/** Reads the release in the new image, by its own runtime. */
export async function readImage(engine: Engine, workshop: Toolbox): Promise<ImageRelease> {
  const { container, root, version, reference } = workshop;
  const [read, { files }] = await Promise.all([
    workshop.ask(
      {
        ...{ module: 'hot_deploy_release', function: 'read' },
        argument: map({ root: text(root), version: text(version) }),
      },
      isImageRelease,
    ),
    readFiles(engine, container, '0:0', root, version),
  ]);
  refuseUnusableNames(read, reference);
  return { ...read, files };
}
