import { Unreadable } from '../engines/call.js';
import type { Engine } from '../engines/engine.js';
import { sha256 } from '../release/archive.js';
import { isUsable } from '../release/names.js';
import type { Digests } from '../release/release.js';
import { takeFile } from '../release/taken.js';
import {
  type Applications,
  type Checksums,
  type ModulesPart,
  manifestFile,
  sumsDown,
  sumsUp,
  type UpgradeManifest,
} from './manifest.js';

export type StoredManifest =
  | { readonly kind: 'stored'; readonly way: UpgradeManifest }
  /** No hot deploy has brought this version. */
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly why: string };

/** Larger than any release makes it: what lies in a container may have been put there by anybody. */
const largest = 32 * 1024 * 1024;

/**
 * The way by which a version came into a container, as its deploy has left it there.
 *
 * @throws EngineError where the container cannot be read at all
 */
export async function readManifest(
  engine: Engine,
  container: string,
  root: string,
  version: string,
): Promise<StoredManifest> {
  if (!isUsable('version', version)) {
    return { kind: 'none' };
  }
  const [file, sums] = await Promise.all([manifestFile(version), sumsUp(version)].map(read(engine, container, root)));
  if (file === undefined) {
    return { kind: 'none' };
  }
  if ('why' in file) {
    return { kind: 'damaged', why: file.why };
  }
  if (sums === undefined || 'why' in sums) {
    return { kind: 'damaged', why: sums?.why ?? `${sumsUp(version)} is not there` };
  }
  // The file of digests is the one thing that no digest in it can be of.
  if (!sums.data.toString('latin1').includes(`${sha256(file.data)}  ${manifestFile(version)}\n`)) {
    return { kind: 'damaged', why: `${manifestFile(version)} is not what ${sumsUp(version)} says` };
  }
  const up = { file: sumsUp(version), sha256: sha256(sums.data) };
  const way = parseManifest(file.data.toString('utf8'), version, up);
  return way === undefined
    ? { kind: 'damaged', why: `${manifestFile(version)} does not say what it has to` }
    : { kind: 'stored', way };
}

function read(engine: Engine, container: string, root: string) {
  return async (path: string): Promise<{ readonly data: Buffer } | { readonly why: string } | undefined> => {
    try {
      return await takeFile(engine, container, `${root}/${path}`, largest);
    } catch (error) {
      if (!(error instanceof Unreadable)) {
        throw error;
      }
      return { why: error.message.replace(/\.$/, '') };
    }
  };
}

/** Pure part of {@link readManifest}: undefined where it is not the way to this version, whole and well shaped. */
export function parseManifest(json: string, version: string, up: Checksums): UpgradeManifest | undefined {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return undefined;
  }
  const way = record(read);
  const images = record(way?.['images']);
  const applications = record(way?.['applications']);
  const directories = record(way?.['directories']);
  const modules = record(way?.['modules']);
  const down = record(record(way?.['checksums'])?.['down']);
  const { schema, release, from, to, parts, updates, loads, removed, added } = way ?? {};
  return schema === 1 &&
    isUsableText('name', release) &&
    isUsableText('version', from) &&
    to === version &&
    from !== to &&
    isText(images?.['from']) &&
    isText(images?.['to']) &&
    isApplications(applications?.['from']) &&
    isApplications(applications?.['to']) &&
    (parts === undefined || isParts(parts)) &&
    [updates, loads, removed, added].every(isNames) &&
    isDirectories(directories?.['from']) &&
    isDirectories(directories?.['to']) &&
    isDigests(modules?.['same']) &&
    isDigests(modules?.['from']) &&
    isDigests(modules?.['to']) &&
    down?.['file'] === sumsDown(version) &&
    isText(down['sha256']) &&
    /^[0-9a-f]{64}$/.test(down['sha256'])
    ? // Each of its fields has been looked at.
      ({ ...way, checksums: { up, down } } as unknown as UpgradeManifest)
    : undefined;
}

type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 255;
}

function isUsableText(kind: 'name' | 'version', value: unknown): value is string {
  return isText(value) && isUsable(kind, value);
}

// Each becomes an atom on the node.
function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => isText(name) && name !== '');
}

function isApplications(value: unknown): value is Applications {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && isUsableText('name', pair[0]) && isText(pair[1]))
  );
}

function isDirectories(value: unknown): value is readonly string[] {
  return isNames(value) && value.every((path) => /^(lib|releases|bin)\/[^/]+$/.test(path) && !path.endsWith('/..'));
}

// The directories become the code path of the VM in this very container, which may load what it likes in it anyway.
function isParts(value: unknown): value is readonly ModulesPart[] {
  const isDigest = (digest: unknown) => digest === null || (isText(digest) && /^[0-9A-F]{32}$/.test(digest));
  const isDirectory = (path: unknown) => path === null || (isText(path) && path.startsWith('/'));
  return (
    Array.isArray(value) &&
    value.every((each) => {
      const part = record(each);
      const { application, from, to, modules } = part ?? {};
      return (
        (application === null || isUsableText('name', application)) &&
        [from, to].every(isDirectory) &&
        Array.isArray(modules) &&
        modules.every(
          (change) =>
            Array.isArray(change) &&
            change.length === 3 &&
            isText(change[0]) &&
            change[0] !== '' &&
            change.slice(1).every(isDigest),
        )
      );
    })
  );
}

function isDigests(value: unknown): value is Digests {
  const digests = record(value);
  return (
    digests !== undefined && Object.values(digests).every((digest) => isText(digest) && /^[0-9A-F]{32}$/.test(digest))
  );
}
