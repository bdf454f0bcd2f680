import { realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { isFolder } from '../system/folder.js';
import { readPlainFile } from '../system/plain-file.js';

/**
 * A clone, as files that may be anybody's. Git's configuration can name programs in many ways, so git never runs in a clone: its
 * files are read here, or copied for a repository of our own.
 */
export interface Clone {
  /** The folder of what is checked out. */
  readonly top: string;
  /** Where HEAD is; of a worktree its own folder. */
  readonly own: string;
  /** Where objects, refs and the configuration are. */
  readonly common: string;
}

const mostBytes = 4_096;
const mostOfConfiguration = 1024 * 1024;

/** The clone that a folder lies in; undefined where it is in none that can be read. A bare repository is none. */
export async function findClone(folder: string): Promise<Clone | undefined> {
  const path = await realpath(folder).catch(() => undefined);
  for (let top = path; top !== undefined; top = top === dirname(top) ? undefined : dirname(top)) {
    const clone = await cloneAt(top);
    if (clone !== undefined) return clone;
  }
  return undefined;
}

/** The clone whose top a folder is. */
export async function cloneAt(top: string): Promise<Clone | undefined> {
  const entry = join(top, '.git');
  const text = async (path: string) => (await readPlainFile(path, mostBytes).catch(() => undefined))?.toString().trim();
  const elsewhere = /^gitdir: (.+)$/.exec((await text(entry)) ?? '')?.[1];
  const own = elsewhere === undefined ? entry : resolve(top, elsewhere);
  const common = resolve(own, (await text(join(own, 'commondir'))) ?? '.');
  const isOne = (await text(join(own, 'HEAD'))) !== undefined && (await isFolder(join(common, 'objects')));
  return isOne ? { top, own, common } : undefined;
}

/** Where a folder lies in its clone, with a slash at its end; empty where it is the top. */
export async function placeIn({ top }: Clone, folder: string): Promise<string> {
  const below = relative(top, await realpath(folder));
  return below === '' ? '' : `${below}/`;
}

/** What `origin` is called in a clone, which is only compared; undefined where it does not say. */
export async function originOf(clone: Clone): Promise<string | undefined> {
  const section = /^[ \t]*\[remote "origin"\][^\n]*(?:\n(?![ \t]*\[)[^\n]*)*?\n[ \t]*url[ \t]*=[ \t]*(\S+)/m;
  return section.exec(await configuration(clone))?.[1];
}

export async function objectFormat(clone: Clone): Promise<'sha1' | 'sha256'> {
  return /^[ \t]*objectformat[ \t]*=[ \t]*sha256[ \t]*$/im.test(await configuration(clone)) ? 'sha256' : 'sha1';
}

async function configuration({ common }: Clone): Promise<string> {
  return await readPlainFile(join(common, 'config'), mostOfConfiguration, common).then(String, () => '');
}
