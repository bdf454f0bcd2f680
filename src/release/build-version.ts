import type { Engine } from '../engines/engine.js';
import { type Entry, packEntries, sha256 } from './archive.js';
import { compare } from './compare.js';
import type { Counterpart } from './counterpart.js';
import { ownLibrary } from './distillery.js';
import { readImage } from './image.js';
import { isUsable } from './names.js';
import type { ImageRelease, RunningRelease } from './release.js';
import type { Toolbox } from './toolbox.js';

/** What tells builds of one version apart, behind the version: `0.1.0+hot.1a2b3c4d5e6f`. */
const pattern = /[+.]hot\.[0-9a-f]{12}$/;

/** The version that a release was built with, by the version under which it was loaded. */
export function plainVersion(version: string): string {
  return version.replace(pattern, '');
}

/** The version under which a build lies beside another one of its version: the same for the same content. */
export function buildVersion(release: ImageRelease): string {
  const { version, erts, applications, protocols, files } = release.inImage ?? release;
  const content = [
    erts,
    applications.map(({ name, version: own, mode, modules }) => [name, own, mode, sorted(modules)]).sort(),
    sorted(protocols),
    sorted(files),
  ];
  // Build metadata of a semantic version is a list behind one plus sign.
  return `${version}${version.includes('+') ? '.' : '+'}hot.${sha256(JSON.stringify(content)).slice(0, 12)}`;
}

const sorted = (digests: Readonly<Record<string, string>>) => Object.entries(digests).sort();

/** The version under which an image's release is compared with what runs: a build version, if what runs has one. */
export function versionAgainst(running: Pick<RunningRelease, 'version'>, next: ImageRelease): string {
  const { version } = running;
  return version !== next.version && plainVersion(version) === next.version ? buildVersion(next) : next.version;
}

/** The version of an image's release that is to be deployed: its own, unless that runs already with other content. */
export function versionBeside(running: RunningRelease, next: ImageRelease): string {
  const isTaken = running.version === next.version && !compare(running, next).same;
  const version = isTaken ? buildVersion(next) : versionAgainst(running, next);
  // Of one that is too long the way back would not be found again.
  return isUsable('version', version) ? version : next.version;
}

/** The release of an image under one of its versions: as the image has it, or as a copy with a build version. */
export async function asVersion(
  engine: Engine,
  { workshop, next }: Counterpart,
  version: string,
): Promise<Counterpart> {
  if (version === next.version) return { workshop, next };
  const copy = await workshop.copyAs(version);
  const read = await readImage(engine, copy);
  // Scripts in bin are compared without their version, which in these is still the image's own.
  const files = [
    ...Object.entries(read.files).filter(([path]) => !path.startsWith('bin/')),
    ...Object.entries(next.files).filter(([path]) => path.startsWith('bin/')),
  ];
  return { workshop: copy, next: { ...read, files: Object.fromEntries(files), inImage: next } };
}

/** Of what a boot of a copy needs beside the image: its own files, and what names it as the release to boot. */
export async function bringBuild(
  engine: Engine,
  { workshop, next }: { readonly workshop: Toolbox; readonly next: ImageRelease },
  container: string,
): Promise<void> {
  const { root, version, name, erts } = next;
  const taken = await Promise.all(
    [`releases/${version}`, `bin/${name}-${version}`, ...[ownLibrary(next) ?? []].flat()].map(async (path) =>
      under(path, await workshop.get(`${root}/${path}`)),
    ),
  );
  const scripts = taken.flat().filter(({ path }) => path === `bin/${name}-${version}`);
  // distillery's start script goes by its own copy, if that is not the older one.
  const booted = {
    path: 'releases/start_erl.data',
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(),
  } as const;
  const entries: Entry[] = [
    ...taken.flat(),
    // relx's start script boots the version that is written in it.
    ...scripts.map((script) => ({ ...script, path: `bin/${name}` })),
    { ...booted, data: Buffer.from(`${erts} ${version}\n`) },
  ];
  await engine.putArchive(container, root, await packEntries(entries));
}

function under(path: string, entries: readonly Entry[] | undefined): readonly Entry[] {
  return (entries ?? []).map((entry) => ({ ...entry, path: [path, ...entry.path.split('/').slice(1)].join('/') }));
}
