import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';

/**
 * A file in a tree that somebody else wrote: links lead nowhere else, no pipe is waited for, and it has an end.
 *
 * @param inside the folder that the file has to lie in, links followed; anywhere where absent
 * @throws Error of the system call that failed, or with what the file is instead
 */
export async function readPlainFile(path: string, mostBytes: number, inside?: string): Promise<Buffer> {
  const real = await realpath(path);
  if (inside !== undefined && !isBelow(await realpath(inside), real)) throw new Error('a link leads to it elsewhere');
  if (!(await lstat(real)).isFile()) throw new Error('it is no regular file');
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const content = await buffer(file.createReadStream({ end: mostBytes, autoClose: false }));
    if (content.length > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
    return content;
  } finally {
    await file.close();
  }
}

/** Of paths without links. */
export function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}
