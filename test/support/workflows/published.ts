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

/** The two that the README gives to be copied: the first plans and deploys, the second goes back. */
export async function ofReadme(): Promise<Files> {
  const readme = await readFile('README.md', 'utf8');
  const [deploy, rollback, ...more] = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, text = '']) => text)
    .filter((text) => /^on:/m.test(text));
  if (!deploy || !rollback || more.length > 0) throw new Error('the README has other workflows than two');
  return { 'deploy.yml': deploy, 'rollback.yml': rollback };
}
