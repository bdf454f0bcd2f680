import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Engine } from '../../src/engines/engine.js';
import { type Fallback, script } from '../../src/fallback/script.js';
import { ownEnvironment } from '../support/world/container.js';
import { docker } from '../support/world/images.js';

export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly pid: number;
  readonly ended: Promise<Ran>;
  readonly said: () => string;
}

/** Where a script is run: with this machine's docker CLI, or with the one of a Debian suite, in a container. */
export type Place = 'here' | 'bookworm' | 'trixie';

const folders: string[] = [];
const environments = new Set<string>();
const clients = new Map<string, Promise<string>>();

export interface Scripted {
  readonly path: string;
  readonly text: string;
  start(words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Started>;
  run(...words: readonly string[]): Promise<Ran>;
  /** A copy of a file where the script can read it. */
  own(file: string): Promise<string>;
}

export const defaults: Omit<Fallback['inputs'], 'image'> = {
  environment: ownEnvironment,
  context: '.',
  soakMs: 1_000,
  drainMs: 2_000,
  suspendTimeoutMs: 1_000,
  lockTimeoutMs: 60_000,
  keep: 3,
};

/** The script for containers as they are now. */
export async function scripted(
  engine: Engine,
  names: readonly string[],
  inputs: Partial<Fallback['inputs']> & { readonly image: string },
  { withEnv = false, place = 'here' as Place } = {},
): Promise<Scripted> {
  const containers = await Promise.all(
    names.map(async (name) => {
      const container = await engine.inspectContainer(name);
      const oldImage = await engine.findImage(container.Image);
      if (oldImage === undefined) throw new Error(`the image of ${name} is gone`);
      return { container, oldImage };
    }),
  );
  // Its own lock: tests may run beside each other.
  const environment = `test-${process.pid}-${folders.length}`;
  environments.add(inputs.environment ?? environment);
  const text = script({ inputs: { ...defaults, environment, ...inputs }, containers, withEnv });
  return await written(text, place);
}

/** Any text as a script in a folder of its own. */
export async function written(text: string, place: Place = 'here'): Promise<Scripted> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-script-'));
  folders.push(folder);
  const path = join(folder, 'hot-deploy.sh');
  await writeFile(path, text);
  await chmod(path, 0o755);
  const start = async (words: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
    const [program = '', ...rest] = [...(await around(place, folder)), path, ...words];
    const child = spawn(program, rest, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const out: string[] = [];
    const complained: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => complained.push(chunk.toString()));
    const ended = once(child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: out.join(''),
      stderr: complained.join(''),
    }));
    return { pid: child.pid ?? 0, ended, said: () => complained.join('') };
  };
  return {
    path,
    text,
    start,
    run: async (...words) => await (await start(words)).ended,
    own: async (file) => {
      const to = join(folder, basename(file));
      await copyFile(file, to);
      return to;
    },
  };
}

async function around(place: Place, folder: string): Promise<readonly string[]> {
  if (place === 'here') return ['bash'];
  const image = await client(place);
  const mounts = ['/var/run/docker.sock:/var/run/docker.sock', `${folder}:${folder}`];
  const words = mounts.flatMap((mount) => ['--volume', mount]);
  return ['docker', 'run', '--rm', '--network', 'none', ...words, '--workdir', folder, image, 'bash'];
}

/** An image with bash and that suite's docker CLI, and nothing else that a script could lean on by accident. */
function client(suite: Exclude<Place, 'here'>): Promise<string> {
  const known = clients.get(suite) ?? build(suite);
  clients.set(suite, known);
  return known;
}

async function build(suite: Exclude<Place, 'here'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-client-'));
  const name = suite === 'bookworm' ? 'docker.io' : 'docker-cli';
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM debian:${suite}-slim
RUN apt-get -qq update && cd /tmp && apt-get -qq download ${name} && dpkg -x ${name}_*.deb . && mv usr/bin/docker /usr/bin/
# The last layer goes with the name; the one before stays for the next file.
LABEL hot-deploy.test=client
`,
  );
  // Its own name: another file that is done with its client takes the name away.
  const tag = `hot-deploy-test-client:${suite}-${process.pid}`;
  await docker('build', '-q', '-t', tag, folder);
  await rm(folder, { recursive: true });
  return tag;
}

/** Removes what was written, the journals, and the names of images that were built. */
export async function removeScripts(): Promise<void> {
  for (const environment of environments) {
    const left = await docker('ps', '--all', '--quiet', '--filter', `label=hot-deploy.lock=${environment}`);
    for (const id of left.split('\n').filter((line) => line !== '')) await docker('rm', '--force', '--volumes', id);
  }
  environments.clear();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  for (const tag of await Promise.all(clients.values())) await docker('rmi', '-f', '--no-prune', tag);
  clients.clear();
}
