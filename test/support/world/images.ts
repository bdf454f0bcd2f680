import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an image is built from: an example's version, with files exchanged or texts replaced in it. */
export interface Source {
  readonly example: string;
  readonly version: number;
  /** Debian's suite; the version's own default where absent. */
  readonly debian?: 'bookworm' | 'trixie' | 'bullseye';
  /** Path to whole new content; `undefined` removes the file. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  /** Path to pairs of text that must be there and what takes its place. */
  readonly replace?: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;
  readonly args?: readonly string[];
}

const built = new Map<string, Promise<string>>();
const tags = new Set<string>();

/** Builds an image once for each source, and answers its name. */
export function image(source: Source): Promise<string> {
  const key = JSON.stringify(source);
  const known = built.get(key) ?? build(source);
  built.set(key, known);
  return known;
}

async function build(source: Source): Promise<string> {
  const folder = await context(source);
  try {
    return await buildFolder(folder, [
      ...(source.args ?? []),
      ...(source.debian === undefined ? [] : [`DEBIAN=${source.debian}`]),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds what lies in a folder, with these build arguments, and answers the image's name. */
export async function buildFolder(folder: string, args: readonly string[]): Promise<string> {
  const reference = `hot-deploy-test:${process.pid}-${tags.size}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  await docker('build', '-q', '-t', reference, ...args.flatMap((arg) => ['--build-arg', arg]), folder);
  tags.add(reference);
  return reference;
}

/** Lays a source out in a folder of its own, which the caller removes. */
export async function context({ example, version, files = {}, replace = {} }: Source): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-context-'));
  const staged = join(folder, 'app');
  await run('test/support/lab/stage.sh', [example, String(version), staged]);
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) {
      await rm(join(staged, path), { recursive: true });
    } else {
      await mkdir(dirname(join(staged, path)), { recursive: true });
      await writeFile(join(staged, path), content);
    }
  }
  for (const [path, pairs] of Object.entries(replace)) {
    let text = await readFile(join(staged, path), 'utf8');
    for (const [from, to] of pairs) {
      if (!text.includes(from)) {
        throw new Error(`${path} of ${example} ${version} does not hold ${JSON.stringify(from)}`);
      }
      text = text.replaceAll(from, to);
    }
    await writeFile(join(staged, path), text);
  }
  await bePatient(join(staged, 'Dockerfile'));
  return staged;
}

/**
 * Gives a boot and each check the time that they take on a machine which boots many containers at once. One that fails is as
 * sick as before, and one that ends has ended.
 */
async function bePatient(dockerfile: string): Promise<void> {
  const text = await readFile(dockerfile, 'utf8');
  await writeFile(dockerfile, text.replace('--timeout=2s --start-period=10s', '--timeout=10s --start-period=30s'));
}

/** Removes the names of all images built here; layers stay as the build cache. */
export async function removeImages(): Promise<void> {
  for (const tag of tags) {
    await docker('rmi', '-f', '--no-prune', tag).catch(() => undefined);
  }
}

/** The docker CLI's standard output, without the last line break. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', [...args], { maxBuffer: 1 << 28 });
  return stdout.replace(/\n$/, '');
}
