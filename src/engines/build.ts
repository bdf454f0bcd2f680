import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../system/log.js';
import { runProgram } from '../system/run-program.js';
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

/** An image could not be built. */
export class BuildFailed extends Error {
  override readonly name = 'BuildFailed';
  constructor(
    message: string,
    /** The end of what docker said. */
    readonly output: readonly string[],
  ) {
    super(message);
  }
}

/** How much of a failed build's output is kept: its end is what tells. */
const lastLines = 15;
const longestLine = 300;

/**
 * Builds an image with the docker CLI and gives it no name: the user's tag moves after the deploy has succeeded, and never
 * before.
 *
 * @returns the image's id, `sha256:...`
 * @throws BuildFailed
 * @throws Error where there is no docker, or the builder keeps the image to itself
 */
export async function buildImage(
  engine: Pick<Engine, 'address' | 'cliEnvironment' | 'findImage'>,
  build: Build,
  world: { readonly log: Log; readonly environment: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<string> {
  const { environment, log, signal } = world;
  const own = { ...environment, ...engine.cliEnvironment, ...clientVariables(build, environment, engine.address) };
  await refusePipes(build);
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

/** The docker CLI would wait for ever for what nobody writes to a pipe. */
async function refusePipes({ context, dockerfile = join(context, 'Dockerfile') }: Build): Promise<void> {
  for (const path of [dockerfile, `${dockerfile}.dockerignore`, join(context, '.dockerignore')]) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && !found.isFile()) throw new BuildFailed(`${path} is no file: nothing was built.`, []);
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
  const { exitCode, lines } = await runProgram('docker', buildArguments(build, builder, idFile), {
    environment: { ...environment, ...builder.environment },
    line: log.output,
    ...(signal && { signal }),
  });
  if (exitCode === 0) return;
  throw new BuildFailed(
    `docker build of ${build.context} ended with exit code ${exitCode}; nothing was deployed.`,
    lines.slice(-lastLines).map((text) => text.slice(-longestLine)),
  );
}

export function buildArguments(build: Build, builder: Builder, idFile: string): string[] {
  return [
    ...builder.command,
    '--iidfile',
    idFile,
    ...(build.dockerfile === undefined ? [] : ['--file', build.dockerfile]),
    ...(build.target === undefined ? [] : ['--target', build.target]),
    ...(build.buildArgs ?? []).flatMap((argument) => [
      '--build-arg',
      isClients(argument) ? argument : nameOf(argument),
    ]),
    ...Object.entries(build.labels ?? {}).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    '--',
    build.context,
  ];
}

const nameOf = (argument: string) => argument.replace(/=.*$/s, '');

// As its own variables they would change the client. None is a secret.
const clients =
  /^(PATH|HOME|TMPDIR|LD_PRELOAD|LD_LIBRARY_PATH|GODEBUG|SSL_CERT_(FILE|DIR)|SSH_AUTH_SOCK|BUILD(X|KIT)_\w+|DOCKER_(HOST|CONTEXT|CONFIG|TLS|TLS_VERIFY|CERT_PATH|API_VERSION|BUILDKIT|DEFAULT_PLATFORM|CLI_\w+))$/;
const isClients = (argument: string) => clients.test(nameOf(argument));

/** Values of build arguments, for the client to take from its environment: everybody who lists processes sees its command line. */
export function clientVariables(
  { buildArgs = [] }: Pick<Build, 'buildArgs'>,
  { NO_PROXY: none, no_proxy: alike = '' }: NodeJS.ProcessEnv,
  address: string,
): Readonly<Record<string, string>> {
  const given = buildArgs.filter((argument) => argument.includes('=') && !isClients(argument));
  const values = Object.fromEntries(
    given.map((argument) => [nameOf(argument), argument.slice(nameOf(argument).length + 1)]),
  );
  // A proxy of the build's is none on the way to the engine.
  const hasProxy = address.startsWith('tcp:') && given.some((argument) => /^https?_proxy=/i.test(argument));
  return hasProxy ? { NO_PROXY: `${none ?? alike},${new URL(address).hostname}`, ...values } : values;
}

function elsewhere(id: string, address: string): string {
  return (
    `docker build made ${id}, and the engine at ${address} does not have it: the builder keeps its images to itself. ` +
    'Unset BUILDX_BUILDER, or build the image in a step of its own and give it with `build: false`.'
  );
}
