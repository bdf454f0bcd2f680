import { gzipSync } from 'node:zlib';
import { beam } from '../node/agent.js';
import { atom, map, text, tuple } from '../node/term.js';
import { type Entry, file, packEntries, sha256, UnsafeArchive } from '../release/archive.js';
import { type Change, exchanged } from '../release/compare.js';
import { ownLibrary } from '../release/distillery.js';
import { moved, type Placement } from '../release/placement.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { Toolbox } from '../release/toolbox.js';
import type { Artifact, Sentence } from '../strategies/strategy.js';
import { inTurn } from '../system/in-turn.js';
import { isText, listOf, membersOf } from '../system/shape.js';
import { byHand } from './by-hand.js';
import { type Bringing, manifestOf } from './make-manifest.js';
import { helperFile, manifestFile, sumsDown, sumsUp, type UpgradeManifest } from './manifest.js';
import { line, oldSums } from './old-sums.js';
import type { Relup } from './script.js';

/** Everything that goes into a container to bring it from one release to another, and what to do with it. */
export interface Bundle extends Artifact {
  /** The tar archive to unpack at the release's root. */
  readonly staging: Buffer;
  /** Directories it brings, relative to the root; of relx's releases the start script, too. */
  readonly directories: readonly string[];
  /** Below the root: the checksum file's path, and its own digest. */
  readonly checksums: { readonly file: string; readonly sha256: string };
  /** Modules whose processes are held, and those that get other code, by the relup's own instructions. */
  readonly updates: readonly string[];
  readonly loads: readonly string[];
  /** Modules that are gone on the way up, and those that are on the way down. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Absent where it goes module by module. */
  readonly relup?: Relup;
  /** What is left in the container to go back by, and up again. */
  readonly way: UpgradeManifest;
}

/** Never copied over a running release: a fresh cookie locks everybody out, and start_erl.data is release_handler's. */
const keptOut = ['COOKIE', 'start_erl.data', 'RELEASES'];

/** Collects the changed applications and the release's own files from the workshop. */
export async function makeBundle(
  workshop: Toolbox,
  running: RunningRelease,
  next: ImageRelease,
  change: Change,
  placement: Placement,
  made: Omit<Bringing, 'directories'> & { readonly words: readonly Sentence[]; readonly relup?: Relup },
): Promise<Bundle> {
  const { added } = change.applications;
  const pairs = exchanged(change);
  const release = `releases/${next.version}`;
  const sources = [
    ...[...added, ...pairs.map(({ name, to }) => ({ name, version: to }))].map(({ name, version }) => {
      const own = `${name}-${version}`;
      return { source: `lib/${own}`, directory: `lib/${placement.get(name) ?? own}` };
    }),
    { source: release, directory: release },
    // relx's start script boots the version that is written in it.
    ...[`bin/${next.name}-${next.version}`]
      .filter(() => `bin/${next.name}-VSN` in next.files)
      .map((script) => ({ source: script, directory: script })),
  ];
  const library = ownLibrary(next);
  if (library !== undefined && !sources.some(({ directory }) => directory === library)) {
    sources.push({ source: library, directory: library });
  }
  const directories = sources.map(({ directory }) => directory);
  const collected = (await inTurn(sources, (each) => collect(workshop, next, each))).flat();
  const written = await movedFiles(workshop, next, placement);
  const brought = [...collected.filter(({ path }) => !written.some((entry) => entry.path === path)), ...written];
  const relup = made.relup && file(`${release}/relup`, made.relup.relup);
  const helper =
    made.relup?.relup.includes('hot_deploy_step') && file(helperFile(next.version), beam('hot_deploy_step'));
  const instructions = [...(relup ? [relup] : []), ...(helper ? [helper] : [])];
  const olds = file(
    sumsDown(next.version),
    [
      ...instructions.map(({ data, path }) => line(sha256(data), path)),
      ...(await oldSums(workshop, running, change)),
    ].join(''),
  );
  const stored = manifestOf(running, next, change, { ...made, directories });
  const down = { file: olds.path, sha256: sha256(olds.data) };
  const entries = [
    ...brought.filter((entry) => entry.path !== relup?.path),
    ...instructions,
    ...startBoot(brought, release, next.name),
    olds,
    file(manifestFile(next.version), JSON.stringify({ ...stored, checksums: { down } })),
  ];
  const sums = entries.filter((entry) => entry.type === 'file').map((entry) => line(sha256(entry.data), entry.path));
  const checksums = file(sumsUp(next.version), sums.join(''));
  const up = { file: checksums.path, sha256: sha256(checksums.data) };
  const owned = [...entries, checksums].map((entry) => ({ ...entry, ...running.owner }));
  const manifest = {
    schema: 1,
    release: next.name,
    from: running.version,
    to: next.version,
    images: made.images,
    applications: pairs.map(({ name, from, to }) => ({ name, from, to })),
    added: added.map(({ name, version }) => ({ name, version })),
    baseline: sha256(JSON.stringify(Object.entries(running.modules).sort())),
    files: Object.fromEntries(sums.map((line) => [line.slice(66, -1), line.slice(0, 64)])),
  };
  const hand = byHand({ running, next, ...stored, directories, checksums: { up, down } });
  return {
    from: running.version,
    to: next.version,
    staging: await packEntries(owned),
    artifact: gzipSync(
      await packEntries([file('manifest.json', JSON.stringify(manifest, null, 2)), ...hand, ...owned]),
    ),
    directories,
    checksums: up,
    applications: [...added.map(({ name }) => name), ...pairs.map(({ name }) => name)],
    updates: stored.updates,
    loads: stored.loads,
    removed: stored.removed,
    added: stored.added,
    words: made.words,
    ...(made.relup && { relup: made.relup }),
    way: { ...stored, checksums: { up, down } },
  };
}

/** Boot scripts, and what release_handler reads, of a release some of whose applications lie in directories of other names. */
async function movedFiles(workshop: Toolbox, next: ImageRelease, placement: Placement): Promise<readonly Entry[]> {
  const others = moved(next, placement);
  if (others.length === 0) {
    return [];
  }
  const release = `releases/${next.version}`;
  const argument = map({
    directory: text(`${next.root}/${release}`),
    name: text(next.name),
    moved: others.map(({ name, version, directory }) => tuple(atom(name), text(`${name}-${version}`), text(directory))),
  });
  const isFiles = listOf(membersOf({ file: isText, content: isText }));
  const files = await workshop.ask({ module: 'hot_deploy_boot', function: 'moved', argument }, isFiles);
  return files.map((each) => file(`${release}/${each.file}`, Buffer.from(each.content, 'base64')));
}

async function collect(
  workshop: Toolbox,
  next: ImageRelease,
  { source, directory }: { readonly source: string; readonly directory: string },
): Promise<readonly Entry[]> {
  const entries = (await workshop.get(`${next.root}/${source}`)) ?? [];
  const odd = entries.find(({ path }) => uncertain.test(path));
  if (odd !== undefined) {
    throw new UnsafeArchive(
      `${next.root}/${source} holds the file ${JSON.stringify(odd.path)}, a name that is no UTF-8, or holds a backslash or a line break.`,
    );
  }
  return entries
    .map((entry) => ({ ...entry, path: [directory, ...entry.path.split('/').slice(1)].join('/') }))
    .filter((entry) => !keptOut.includes(entry.path.split('/').at(-1) ?? ''));
}

// Neither tar-stream nor every sha256sum gives these names back as they were.
const uncertain = /[\p{Cc}\\\uFFFD]/u;

// release_handler looks for start.boot; relx names the boot file after the release.
function startBoot(entries: readonly Entry[], release: string, name: string): readonly Entry[] {
  const named = entries.find((entry) => entry.path === `${release}/${name}.boot`);
  const present = entries.some((entry) => entry.path === `${release}/start.boot`);
  return present || named === undefined ? [] : [{ ...named, path: `${release}/start.boot` }];
}
