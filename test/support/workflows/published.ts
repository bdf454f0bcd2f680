import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Workflow files by their names. */
export type Files = Readonly<Record<string, string>>;

const folder = 'examples/workflows';

/** The examples. */
export async function examples(): Promise<Files> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );
}
