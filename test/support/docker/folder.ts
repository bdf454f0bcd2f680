import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../../src/release/archive.js';

/** A folder of this machine with the files in it, as an archive has them. */
export async function contained(path: string, name: string): Promise<readonly Entry[]> {
  const owned = { uid: 0, gid: 0 } as const;
  const inner = await readdir(path, { withFileTypes: true });
  const below = await Promise.all(
    inner.map(async (each): Promise<readonly Entry[]> => {
      const [from, to] = [join(path, each.name), `${name}/${each.name}`];
      if (each.isDirectory()) return await contained(from, to);
      return [{ ...owned, path: to, type: 'file', mode: 0o600, data: await readFile(from) }];
    }),
  );
  return [{ ...owned, path: name, type: 'directory', mode: 0o700, data: Buffer.alloc(0) }, ...below.flat()];
}
