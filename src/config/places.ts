import { dirname } from 'node:path';
import { isFolder, makeFolder } from '../system/folder.js';
import { messageOf } from '../system/message-of.js';
import type { Inputs } from './inputs.js';
import { Mistakes } from './usage-error.js';

/**
 * Makes the folders of the files that the user has named.
 *
 * @throws UsageError if one cannot be made or a folder has the file's name
 */
export async function makePlaces({ unnamed, reportPath, bundlePath, scriptPath }: Inputs): Promise<void> {
  const mistakes = new Mistakes();
  const files = [
    ['report', reportPath],
    ['bundle-path', bundlePath],
    ['script-path', scriptPath],
  ] as const;
  for (const [name, path] of files.filter(([name]) => !unnamed.has(name))) {
    const isFile = name !== 'bundle-path' || path.endsWith('.tar.gz');
    const why = await makeFolder(isFile ? dirname(path) : path).then(
      async () => (isFile && (await isFolder(path)) ? 'it is a folder' : undefined),
      messageOf,
    );
    if (why !== undefined) mistakes.add(`\`${name}\` cannot be written to ${path}: ${why}. Name another file.`);
  }
  mistakes.check();
}
