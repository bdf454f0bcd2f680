import { posix } from 'node:path';
import { type Entry, packEntries, unpack } from '../../../src/release/archive.js';

/** What lies on a disk, by absolute path. */
export type Files = Map<string, Omit<Entry, 'path'>>;

/** Folders, and files with their content; the folders above come along. */
export function filesOf(content: Readonly<Record<string, string>>, date: number): Files {
  const files: Files = new Map();
  for (const [path, text] of Object.entries(content)) {
    addFolders(files, path.endsWith('/') ? path : posix.dirname(path), date);
    if (!path.endsWith('/')) files.set(path, { ...owned(date), type: 'file', mode: 0o644, data: Buffer.from(text) });
  }
  return files;
}

const owned = (date: number) => ({ uid: 0, gid: 0, mtime: new Date(date) });

function addFolders(files: Files, path: string, date: number): void {
  for (let at = posix.resolve(path); at !== '/'; at = posix.dirname(at)) {
    if (!files.has(at)) files.set(at, { ...owned(date), type: 'directory', mode: 0o755, data: Buffer.alloc(0) });
  }
}

/** Unpacks as the Engine does: what is there is replaced, and folders that are missing are made. */
export async function unpackAt(path: string, tar: Buffer, put: (at: string, file: Omit<Entry, 'path'>) => void) {
  for (const { path: name, ...entry } of await unpack(tar)) put(posix.join(path, name), entry);
}

/** The tar archive of a path as the Engine makes it: all names begin with the last part of it. */
export async function packOf(path: string, all: ReadonlyMap<string, Omit<Entry, 'path'>>): Promise<Buffer> {
  const above = posix.dirname(path);
  const below = [...all].filter(([each]) => each === path || each.startsWith(path === '/' ? '/' : `${path}/`));
  return await packEntries(
    below
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([each, entry]) => ({ ...entry, path: posix.relative(above, each) })),
  );
}
