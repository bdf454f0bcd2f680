import { dirname } from 'node:path';
import { makeFolder } from '../system/folder.js';
import { messageOf } from '../system/message-of.js';
import { linkOut, obstacle } from '../system/write-file.js';
import type { Inputs } from './inputs.js';
import { Mistakes } from './usage-error.js';

/**
 * Makes the folders of the files that the user has named.
 *
 * @throws UsageError if one cannot be made, a folder has the file's name, or a link stands in the way of any of them
 */
export async function makePlaces({ unnamed, ...inputs }: Inputs): Promise<void> {
  const { reportPath, bundlePath, scriptPath, preview } = inputs;
  const mistakes = new Mistakes();
  const files = [
    ['report', reportPath],
    ['bundle-path', bundlePath],
    ['script-path', scriptPath],
    ...(preview ? ([['report', previewOf(reportPath)]] as const) : []),
  ] as const;
  for (const [name, path] of files) {
    const isFile = name !== 'bundle-path' || path.endsWith('.tar.gz');
    const folder = isFile ? dirname(path) : path;
    const why =
      (await (isFile ? obstacle(path) : linkOut(path))) ??
      (unnamed.has(name) ? undefined : await makeFolder(folder).then(() => undefined, messageOf));
    if (why !== undefined) mistakes.add(`\`${name}\` cannot be written to ${path}: ${why}. Name another file.`);
  }
  mistakes.check();
}

/** The page that is written beside a report. */
export function previewOf(reportPath: string): string {
  return `${reportPath.replace(/\.json$/, '')}.html`;
}
