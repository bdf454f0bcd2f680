import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the runner keeps of a step. */
export interface Step {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/**
 * Runs the bundled Action as the runner does: Node 24, inputs in INPUT_ variables with the defaults of action.yml, and files
 * for what it wants to say. Its log goes to this process's own output.
 *
 * @param github what the runner says about the run, in the variables' names; and the job's token
 */
export async function runAction(
  inputs: Readonly<Record<string, string>>,
  folder: string,
  workspace: string,
  { token = '', ...github }: Readonly<Record<string, string>> = {},
): Promise<Step> {
  await mkdir(folder, { recursive: true });
  const files = {
    GITHUB_OUTPUT: 'output',
    GITHUB_STEP_SUMMARY: 'summary.md',
    GITHUB_ENV: 'env',
    GITHUB_STATE: 'state',
    GITHUB_PATH: 'path',
  };
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...fixed,
    ...github,
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: folder,
  };
  for (const [name, file] of Object.entries(files)) {
    environment[name] = join(folder, file);
    await writeFile(join(folder, file), '');
  }
  for (const [name, value] of Object.entries({ ...(await defaults(token)), ...inputs })) {
    environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  }
  const node = join(process.cwd(), 'test/support/node24/node_modules/.bin/node');
  const exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn(node, [join(process.cwd(), 'dist/index.js')], {
      cwd: workspace,
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject).once('exit', (code) => resolve(code ?? -1));
  });
  return {
    exitCode,
    outputs: parseOutputs(await readFile(join(folder, 'output'), 'utf8')),
    summary: await readFile(join(folder, 'summary.md'), 'utf8'),
  };
}

const fixed = {
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REPOSITORY: 'example/octochat',
  GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
  RUNNER_OS: 'Linux',
};

/** The runner passes every default of action.yml, as if it had been given. */
async function defaults(token: string): Promise<Readonly<Record<string, string>>> {
  const { parse } = await import('yaml');
  const { inputs } = parse(await readFile('action.yml', 'utf8')) as { inputs: Record<string, { default?: unknown }> };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { default: standard }]) => [
      name,
      // The one expression that is among them.
      String(standard ?? '').replace(/\$\{\{ github\.token \}\}/, token),
    ]),
  );
}

// NAME<<DELIMITER, the value's lines, DELIMITER.
function parseOutputs(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/^([^\n=<]+)<<([^\n]+)\n([\s\S]*?)\n?\2$/gm);
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]));
}
