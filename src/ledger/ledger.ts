import { posix } from 'node:path';
import type { Engine } from '../docker/engine.js';
import type { Clock } from '../log.js';
import { type Entry as File, packEntries, unpack } from '../release/archive.js';
import { type Entry, fileName, type Journey, numberOf, readEntry, type Step } from './entry.js';

/** Where it lies, below the release's root. */
export const ledgerDirectory = 'releases/hot-deploy';

/** Where a container's ledger is. */
export interface Place {
  readonly container: string;
  /** The release's root inside it. */
  readonly root: string;
}

/** Everything that is written down in a container, oldest first; nothing where none was ever deployed to. */
export async function readLedger(engine: Engine, { container, root }: Place): Promise<readonly Entry[]> {
  return (await numbered(engine, { container, root })).map(({ entry }) => entry);
}

/** Writes down the steps of one run in one container. */
export interface Ledger {
  /** Resolves once the step is on the container's disk: it may be carried out then. */
  write(step: Step, more?: Pick<Journey, 'wayBack'>): Promise<void>;
}

/**
 * Each step becomes a file of its own, and none is ever written again: whatever cuts a write off harms the one file whose
 * step has not begun.
 *
 * @param owner whom the release's files belong to, so that the release can tidy up
 */
export async function openLedger(
  engine: Engine,
  place: Place,
  owner: { readonly uid: number; readonly gid: number },
  journey: Journey,
  clock: Pick<Clock, 'date'>,
): Promise<Ledger> {
  const before = await numbered(engine, place);
  let last = before.at(-1)?.number ?? 0;
  return {
    write: async (step, more) => {
      last += 1;
      const entry: Entry = { schema: 1, at: new Date(clock.date()).toISOString(), step, ...journey, ...more };
      await engine.putArchive(place.container, place.root, await packEntries(files(last, entry, owner)));
    },
  };
}

/** The same entries in another container: one that takes the place of the first. */
export async function copyLedger(
  engine: Engine,
  from: Place,
  to: Place,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const entries = await numbered(engine, from);
  if (entries.length > 0) {
    const packed = entries.flatMap(({ number, entry }) => files(number, entry, owner).slice(-1));
    await engine.putArchive(to.container, to.root, await packEntries([directory(owner), ...packed]));
  }
}

type Numbered = { readonly number: number; readonly entry: Entry };

async function numbered(engine: Engine, { container, root }: Place): Promise<readonly Numbered[]> {
  const tar = await engine.getArchive(container, posix.join(root, ledgerDirectory));
  if (tar === undefined) {
    return [];
  }
  return (await unpack(tar)).flatMap(numberedEntry).sort((one, other) => one.number - other.number);
}

function numberedEntry({ path, data }: File): readonly Numbered[] {
  const number = numberOf(posix.basename(path));
  const entry = number === undefined ? undefined : readEntry(data.toString('utf8'));
  return number === undefined || entry === undefined ? [] : [{ number, entry }];
}

function files(number: number, entry: Entry, owner: { readonly uid: number; readonly gid: number }): readonly File[] {
  const path = posix.join(ledgerDirectory, fileName(number, entry.step));
  const data = Buffer.from(`${JSON.stringify(entry, null, 2)}\n`);
  return [directory(owner), { path, type: 'file', mode: 0o644, ...owner, data }];
}

function directory(owner: { readonly uid: number; readonly gid: number }): File {
  return { path: ledgerDirectory, type: 'directory', mode: 0o755, ...owner, data: Buffer.alloc(0) };
}
