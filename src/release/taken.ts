import { Unreadable } from '../engines/call.js';
import type { Engine } from '../engines/engine.js';
import { type Entry, UnsafeArchive, unpack } from './archive.js';

/** More than any of the small files has that are read out of containers. */
const fileBytes = 1_048_576;
/** More than an application, or a release's own directory, has. */
export const folderBytes = 256 * 1_048_576;

/**
 * One plain file out of a container, which may have put anything in its place. It comes by the engine's archive: nothing is
 * ever written on this machine, and no link is followed.
 *
 * @returns undefined where there is no such path
 * @throws Unreadable where that is no plain file, or a larger one
 */
export async function takeFile(
  engine: Pick<Engine, 'getArchive'>,
  container: string,
  path: string,
  mostBytes = fileBytes,
): Promise<Entry | undefined> {
  // Besides the file, its header and the end of the archive.
  const entries = await take(engine, container, path, mostBytes + 65_536);
  const [file] = entries ?? [undefined];
  if (entries !== undefined && (file?.type !== 'file' || file.data.length > mostBytes)) {
    throw new Unreadable(`${path} in container ${container} is no plain file of at most ${mostBytes / 1_024} KiB.`);
  }
  return file;
}

/**
 * A directory with all that is in it.
 *
 * @returns undefined where there is no such path
 * @throws Unreadable where there is more in it, or something that is no file
 */
export async function takeFolder(
  engine: Pick<Engine, 'getArchive'>,
  container: string,
  path: string,
  { mostBytes = folderBytes, odd }: { readonly mostBytes?: number; readonly odd?: 'passed over' } = {},
): Promise<readonly Entry[] | undefined> {
  return await take(engine, container, path, mostBytes, odd);
}

async function take(
  engine: Pick<Engine, 'getArchive'>,
  container: string,
  path: string,
  mostBytes: number,
  odd?: 'passed over',
): Promise<readonly Entry[] | undefined> {
  const tar = await engine.getArchive(container, path, mostBytes);
  try {
    return tar && (await unpack(tar, odd));
  } catch (error) {
    if (!(error instanceof UnsafeArchive)) throw error;
    throw new Unreadable(`${path} in container ${container} cannot be read: ${error.message}`, error);
  }
}
