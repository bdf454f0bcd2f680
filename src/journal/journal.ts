import { posix } from 'node:path';
import { ifThere, statusOf, Unreadable } from '../engines/call.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { findVms } from '../node/vm.js';
import { type Entry as File, packEntries } from '../release/archive.js';
import { takeFolder } from '../release/taken.js';
import type { Clock } from '../system/log.js';
import { type Entry, type EntryDetails, fileName, numberOf, readEntry, type Step } from './entry.js';

/** Where it lies, below the release's root. */
export const journalDirectory = 'releases/hot-deploy';

/** More than thousands of deploys write down, and than one of them does at a step. */
const [mostBytes, mostEntryBytes] = [32 * 1_048_576, 65_536];

/** Where a container's ledger is. */
export interface Place {
  readonly container: string;
  /** The release's root inside it. */
  readonly root: string;
  /** Whom the release's files belong to, so that the release can tidy up; whom the ledger belongs to where absent. */
  readonly owner?: Owner;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Everything that is written down in a container, oldest first; nothing where none was ever deployed to. */
export async function readJournal(engine: Engine, place: Place): Promise<readonly Entry[]> {
  return (await read(engine, place)).files.map(({ entry }) => entry);
}

/**
 * The ledgers of containers that stand for one another: each goes on where the one before it ended, so the one with the
 * highest number says how far things came. A kept container that was started again has only its own past until the rest is
 * brought to it. One that the engine has deleted meanwhile has taken its ledger along.
 */
export async function readNewest(engine: Engine, places: readonly Place[]): Promise<Found | undefined> {
  const found = await Promise.all(
    places.map(async (place) => {
      const there = await ifThere(read(engine, place));
      return there && { place, ...there };
    }),
  );
  const all = found.filter((one) => one !== undefined);
  const last = ({ files }: { readonly files: readonly Numbered[] }) => files.at(-1)?.number ?? 0;
  const newest = all.toSorted((one, other) => last(other) - last(one))[0];
  return newest && { place: newest.place, entries: newest.files.map(({ entry }) => entry) };
}

interface Found {
  readonly place: Place;
  readonly entries: readonly Entry[];
}

/** The root of the release in a container, whether it runs or not; undefined where none is found. */
export async function findRoot(engine: Engine, container: ContainerDetails): Promise<string | undefined> {
  if (container.State.Running && !container.State.Paused) {
    const [vm] = await findVms(engine, container.Id).catch(notRunning);
    if (vm !== undefined) return vm.root;
  }
  return await rootOnDisk(engine, container.Id);
}

/** Its restart policy is about to start it again, it has ended since it was looked at, or it does not say what runs in it. */
function notRunning(error: unknown): readonly [] {
  if (statusOf(error) !== 409 && !(error instanceof Unreadable)) throw error;
  return [];
}

/** The same where nobody can be asked: the ledger lies in the container's own layer, below the root. */
export async function rootOnDisk(engine: Engine, container: string): Promise<string | undefined> {
  const suffix = `/${journalDirectory}`;
  return (await engine.added(container)).find((path) => path.endsWith(suffix))?.slice(0, -suffix.length);
}

/** A container's ledger, open for the steps of one run. */
export interface Journal {
  /** What was written before this run. */
  readonly entries: readonly Entry[];
  /** Resolves once the step is on the container's disk: it may be carried out then. */
  write(undertaking: EntryDetails, step: Step): Promise<void>;
  /** Goes on in the container that takes the place of the first, with all that was written so far. */
  moveTo(place: Place): Promise<void>;
}

/**
 * Each step becomes a file of its own, and none is ever written again: whatever cuts a write off harms the one file whose
 * step has not begun.
 *
 * @param next the container that is to take the place: what is written down in it already comes before all that follows
 */
export async function openJournal(
  engine: Engine,
  place: Place,
  clock: Pick<Clock, 'date'>,
  next?: Place,
): Promise<Journal> {
  let at = place;
  const { files, owner } = await read(engine, place);
  const before = next === undefined ? 0 : ((await read(engine, next)).files.at(-1)?.number ?? 0);
  const all = [...files];
  const put = async (some: readonly Numbered[]) =>
    await engine.putArchive(at.container, at.root, await packed(some, at.owner ?? owner));
  return {
    entries: files.map(({ entry }) => entry),
    write: async (undertaking, step) => {
      const entry: Entry = { schema: 1, at: new Date(clock.date()).toISOString(), step, ...undertaking };
      const number = Math.max(all.at(-1)?.number ?? 0, before) + 1;
      await put([{ number, entry }]);
      all.push({ number, entry });
    },
    moveTo: async (other) => {
      at = other;
      await put(all);
    },
  };
}

interface Numbered {
  readonly number: number;
  readonly entry: Entry;
}

async function read(
  engine: Engine,
  { container, root }: Place,
): Promise<{ readonly files: readonly Numbered[]; readonly owner: Owner }> {
  // The application may write into it, too: what is none of these files is no matter, as long as there is an end of it.
  const limits = { mostBytes, odd: 'passed over' } as const;
  const all = (await takeFolder(engine, container, posix.join(root, journalDirectory), limits)) ?? [];
  const { uid = 0, gid = 0 } = all.find(({ type }) => type === 'directory') ?? {};
  const files = all.flatMap(numberedEntry).sort((one, other) => one.number - other.number);
  return { files, owner: { uid, gid } };
}

function numberedEntry({ path, type, data }: File): readonly Numbered[] {
  const isOne = type === 'file' && data.length <= mostEntryBytes;
  const number = isOne ? numberOf(posix.basename(path)) : undefined;
  const entry = number === undefined ? undefined : readEntry(data.toString('utf8'));
  return number === undefined || entry === undefined ? [] : [{ number, entry }];
}

async function packed(files: readonly Numbered[], owner: Owner): Promise<Buffer> {
  const directory = {
    path: journalDirectory,
    type: 'directory',
    mode: 0o755,
    ...owner,
    data: Buffer.alloc(0),
  } as const;
  return await packEntries([
    directory,
    ...files.map(({ number, entry }) => ({
      path: posix.join(journalDirectory, fileName(number, entry.step)),
      type: 'file' as const,
      mode: 0o644,
      ...owner,
      data: Buffer.from(`${JSON.stringify(entry, null, 2)}\n`),
    })),
  ]);
}
