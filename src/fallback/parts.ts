import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What every script has in common: bash, in files of its own, in the order of their names. */
export function parts(): string {
  const folder = directory();
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sh'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

// Beside the bundle when it runs from dist/, and beside this file when the sources run in a test.
function directory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const candidate of [join(here, 'fallback'), join(here, 'parts')]) {
    if (existsSync(candidate)) return candidate;
  }
  throw new Error(
    'The parts of hot-deploy.sh are missing beside the program: reinstall hot-deploy, or run script/build.',
  );
}
