import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Log } from '../log.js';
import { type Builder, builderOf } from './builder.js';
import type { Engine } from './engine.js';

export interface Build {
  /** A folder, or whatever else `docker build` takes. */
  readonly context: string;
  /** Relative to the current folder, as for `docker build`; `Dockerfile` in the context where absent. */
  readonly dockerfile?: string;
  /** `KEY=VALUE`, or `KEY` for a value from the environment. */
  readonly buildArgs?: readonly string[];
  readonly target?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** How much of a failed build's output goes into the error. Reports cut a long message, and the end is what tells. */
const lastLines = 15;
const lastCharacters = 700;

/**
 * Builds an image with the docker CLI and gives it no name: the user's tag moves after the deploy has succeeded, and never
 * before.
 *
 * @returns the image's id, `sha256:...`
 * @throws Error with one sentence and the end of the build's output
 */
export async function buildImage(
  engine: Pick<Engine, 'address' | 'cliEnvironment' | 'findImage'>,
  build: Build,
  world: { readonly log: Log; readonly environment: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<string> {
  const { environment, log, signal } = world;
  const own = { ...environment, ...engine.cliEnvironment };
  const builder = await builderOf(own);
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-build-'));
  try {
    const idFile = join(folder, 'image-id');
    await run(build, builder, idFile, { environment: own, log, ...(signal && { signal }) });
    const id = (await readFile(idFile, 'utf8')).trim();
    if ((await engine.findImage(id)) === undefined) throw new Error(elsewhere(id, engine.address));
    return id;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  build: Build,
  builder: Builder,
  idFile: string,
  {
    environment,
    log,
    signal,
  }: { readonly environment: NodeJS.ProcessEnv; readonly log: Log; readonly signal?: AbortSignal },
): Promise<void> {
  const output: string[] = [];
  const line = (text: string) => {
    const shown = text.trimEnd();
    if (shown === '') return;
    output.push(shown);
    log.info(shown);
  };
  // Not by @actions/exec, which cannot end what it began: this process would live as long as a build nobody waits for.
  const child = spawn('docker', buildArguments(build, builder, idFile), {
    env: { ...environment, ...builder.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', line);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode === 0) return;
  const end = output.slice(-lastLines).join('\n').slice(-lastCharacters);
  throw new Error(
    `docker build of ${build.context} ended with exit code ${exitCode}; nothing was deployed. The end of its output:\n${end}`,
  );
}

export function buildArguments(build: Build, builder: Builder, idFile: string): string[] {
  return [
    ...builder.command,
    '--iidfile',
    idFile,
    ...(build.dockerfile === undefined ? [] : ['--file', build.dockerfile]),
    ...(build.target === undefined ? [] : ['--target', build.target]),
    ...(build.buildArgs ?? []).flatMap((argument) => ['--build-arg', argument]),
    ...Object.entries(build.labels ?? {}).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    '--',
    build.context,
  ];
}

function elsewhere(id: string, address: string): string {
  return (
    `docker build made ${id}, and the engine at ${address} does not have it: the builder keeps its images to itself. ` +
    'Unset BUILDX_BUILDER, or build the image in a step of its own and give it with `build: false`.'
  );
}
