import { lstat, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readPlainFile } from '../system/plain-file.js';
import { type Clone, objectFormat } from './clone.js';

/** Of each file that is copied from a clone: those with all refs or the reflog are long. */
const mostBytes = 64 * 1024 * 1024;

/** Makes a repository that has what a clone knows by its refs, and nothing that acts. Its objects come by `borrowObjects`. */
export async function makeRepository(folder: string, clone: Clone): Promise<void> {
  await mkdir(join(folder, 'objects', 'info'), { recursive: true });
  await mkdir(join(folder, 'refs'));
  for (const name of ['HEAD', 'logs/HEAD']) await copy(clone.own, name, folder);
  for (const name of ['packed-refs', 'refs', 'shallow']) await copy(clone.common, name, folder);
  await writeFile(join(folder, 'config'), configuration(await objectFormat(clone)));
}

/** As alternates, which git reads objects from and nothing else, whatever they lead to. */
export async function borrowObjects(folder: string, clones: readonly Clone[]): Promise<void> {
  const paths = await Promise.all(clones.map(({ common }) => realpath(join(common, 'objects'))));
  const lines = paths.map((path) => `${JSON.stringify(path)}\n`);
  await writeFile(join(folder, 'objects', 'info', 'alternates'), lines.join(''));
}

/** Without `alternateRefsCommand` a fetch would run a git in each of the alternates. */
const configuration = (format: string) => `[core]
	repositoryFormatVersion = 1
	bare = true
	hooksPath = /dev/null
	alternateRefsCommand = true
	quotePath = false
[extensions]
	objectFormat = ${format}
[protocol]
	allow = never
[protocol "https"]
	allow = always
[credential]
	helper = store
[gc]
	auto = 0
[maintenance]
	auto = false
`;

/** A file, or a folder with all below it. What links lead out to, and what cannot be read, is left out: git misses it then. */
async function copy(from: string, name: string, to: string): Promise<void> {
  const [source, target] = [join(from, name), join(to, name)];
  if ((await lstat(source).catch(() => undefined))?.isDirectory()) {
    for (const entry of await readdir(source).catch(() => [])) await copy(from, join(name, entry), to);
    return;
  }
  const content = await readPlainFile(source, mostBytes, from).catch(() => undefined);
  if (content === undefined) return;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
}
