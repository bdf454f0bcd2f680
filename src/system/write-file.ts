import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { makeFolder } from './folder.js';
import { isBelow } from './plain-file.js';

/**
 * Writes a file, and makes its folder: to a new one beside it, which takes its name when it is whole. Nobody sees half of it,
 * and nothing is written through a link. What lies in the working folder may come from anybody whose commit was checked out.
 *
 * @param mode whatever the umask says; as usual where absent
 */
export async function writeFile(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  const why = await obstacle(path);
  if (why !== undefined) throw new Error(why);
  await makeFolder(dirname(path));
  // Nothing can take the place of a device.
  if (await isDevice(path)) return await written(path, constants.O_WRONLY, data);
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await written(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, data, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function written(path: string, flags: number, data: string | Uint8Array, mode?: number): Promise<void> {
  const file = await open(path, flags | constants.O_NOFOLLOW, mode ?? 0o666);
  try {
    await file.writeFile(data);
    if (mode !== undefined) await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** Why no file can be written there, in words that follow a colon; undefined if nothing shows yet. */
export async function obstacle(path: string): Promise<string | undefined> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) return 'it is a folder';
  if (there?.isSymbolicLink()) return 'it is a link';
  if (there !== undefined && !there.isFile() && !there.isCharacterDevice()) return 'it is no plain file';
  return await linkOut(dirname(path));
}

/** The same for files in a folder. */
export async function linkOut(folder: string): Promise<string | undefined> {
  const working = await realpath('.');
  const below = relative(process.cwd(), resolve(folder)).split('/');
  if (below[0] === '' || below[0] === '..') return undefined;
  for (const at of below.map((_, index) => join(process.cwd(), ...below.slice(0, index + 1)))) {
    if ((await lstat(at).catch(() => undefined))?.isSymbolicLink() !== true) continue;
    const leads = await realpath(at).catch(() => '/');
    if (!isBelow(working, leads)) {
      return `${relative(process.cwd(), at)} is a link that leads out of the working folder`;
    }
  }
  return undefined;
}

async function isDevice(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isCharacterDevice() === true;
}
