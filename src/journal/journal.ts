import { ifThere } from '../engines/call.js';
import { isGoing } from '../engines/details.js';
import type { ContainerSummary, Engine } from '../engines/engine.js';
import { lockLabel, type Mark, runLabel } from '../engines/throw-away.js';
import { type Entry as File, packEntries } from '../release/archive.js';
import { takeFolder } from '../release/taken.js';
import type { Clock } from '../system/log.js';
import { type Entry, type EntryDetails, fileName, numberOf, readEntry, type Step } from './entry.js';
import { isJournalName, lockName } from './lock-labels.js';

/**
 * An environment's journal: every step that a run takes, written down before it is carried out. It lies in the container that is
 * the environment's lock, or was the last one: never started, out of reach of what runs in any other.
 */
export interface Journal {
  /** Higher than that of any run before, also where their journals were pruned: by the engine's clock, in seconds, at least. */
  readonly token: number;
  /** All that is written down, oldest first, with what this run has written. */
  readonly entries: readonly Entry[];
  /** By what the throw-away containers of runs before this one are known. */
  readonly before: readonly Mark[];
  /** Resolves once the step is on the engine's disk: it may be carried out then. */
  write(details: EntryDetails, step: Step): Promise<void>;
  /** Goes on in another container, with all that was written so far. */
  moveTo(container: string): Promise<void>;
}

/** The folder of a journal in its container. It has the container's id, which the author of its image cannot know. */
export const journalPath = (container: string): string => `journal-${container.slice(0, 12)}`;
const tokenFile = 'token';
/** Of each run that held the lock a line: by what its throw-away containers are known. */
const marksFile = 'runs';
const carriedMarks = 100;
/** Of each target so many entries are carried into the next container: some ten deploys. */
export const carried = 60;
/** More than thousands of deploys write down, and than one of them does at a step. */
export const mostBytes = 32 * 1_048_576;
const mostEntryBytes = 65_536;

interface Numbered {
  readonly number: number;
  readonly entry: Entry;
}

interface Written {
  readonly container: string;
  readonly token: number;
  readonly files: readonly Numbered[];
  readonly marks: readonly Mark[];
}

/** What is written down of an environment, oldest first; nothing where nobody ever deployed, or where it was pruned. */
export async function readJournal(engine: Engine, environment: string): Promise<readonly Entry[]> {
  return entriesIn(newest(await writtenIn(engine, journalsOf(await engine.containers(), environment))));
}

/** By what the throw-away containers of all runs are known that held, or hold, the lock of an environment. */
export async function readMarks(engine: Engine, environment: string): Promise<readonly Mark[]> {
  return newest(await writtenIn(engine, journalsOf(await engine.containers(), environment)))?.marks ?? [];
}

/** What is written down of every environment that the engine knows. */
export async function readJournals(engine: Engine): Promise<readonly Entry[]> {
  const all = await engine.containers();
  const environments = [...new Set(all.flatMap(({ labels }) => labels[lockLabel] || []))];
  const read = environments.map(async (each) => entriesIn(newest(await writtenIn(engine, journalsOf(all, each)))));
  return (await Promise.all(read)).flat();
}

/**
 * Opens the journal in the container of a lock that was just taken: what the holders before have written comes along, and their
 * containers go. A holder that still lives has nothing left to write to.
 */
export async function openJournal(
  engine: Engine,
  { environment, lock, mark }: { readonly environment: string; readonly lock: string; readonly mark?: Mark },
  clock: Pick<Clock, 'date'>,
): Promise<Journal> {
  const journals = journalsOf(await engine.containers(), environment);
  const [own, others] = [journals.find(({ id }) => id === lock), journals.filter(({ id }) => id !== lock)];
  const before = newest(await writtenIn(engine, others));
  const earlier = (before?.marks ?? []).slice(1 - carriedMarks);
  const marks = [...earlier, ...(mark ? [mark] : [])].map(({ run, nonce }) => `${run} ${nonce}\n`).join('');
  const token = Math.max((before?.token ?? 0) + 1, Math.floor((own?.createdAt ?? 0) / 1_000));
  const all = [...lastOfEach(before?.files ?? [])];
  let [at, last] = [lock, all.at(-1)?.number ?? 0];
  const put = async (files: readonly File[]) =>
    await engine.putArchive(
      at,
      '/',
      await packEntries([folder(at), ...files.map((file) => ({ ...file, path: `${journalPath(at)}/${file.path}` }))]),
    );
  // The token comes last: without it a copy that was cut off would count, and what it was made of would go.
  const begin = () => put([...all.map(asFile), file(marksFile, marks), file(tokenFile, `${token}\n`)]);
  await begin();
  // By no force, and with no volume: what was never started, and was made by us, needs neither.
  for (const { id } of others) await ifThere(engine.removeContainer(id));
  return {
    ...{ token, before: earlier },
    get entries() {
      return all.map(({ entry }) => entry);
    },
    write: async (details, step) => {
      const entry: Entry = { schema: 1, at: new Date(clock.date()).toISOString(), step, token, ...details };
      last += 1;
      const written = { number: last, entry };
      await put([asFile(written)]);
      all.push(written);
    },
    moveTo: async (container) => {
      at = container;
      await begin();
    },
  };
}

/** Its lock, and those that were: of more than one the newest counts, and a run that was cut off may have left some. */
function journalsOf(all: readonly ContainerSummary[], environment: string): readonly ContainerSummary[] {
  return all.filter(
    ({ labels, state, names: [name = ''] }) =>
      labels[lockLabel] === environment &&
      Boolean(labels[runLabel]) &&
      state === 'created' &&
      (name === lockName(environment) || isJournalName(name, environment)),
  );
}

async function writtenIn(engine: Engine, containers: readonly ContainerSummary[]): Promise<readonly Written[]> {
  const found = await Promise.all(
    containers.map(async ({ id: container }): Promise<Written | undefined> => {
      const limits = { mostBytes, odd: 'passed over' } as const;
      const taken = ifThere(takeFolder(engine, container, `/${journalPath(container)}`, limits));
      // Of one that is removed just then the engine may say anything: another run has ended.
      const all = await taken.catch(async (error: unknown) => {
        const standing = await engine.findContainer(container);
        if (standing !== undefined && !isGoing(standing)) throw error;
      });
      if (all === undefined) return { container, token: 0, files: [], marks: [] };
      const files = all.flatMap(numberedEntry).sort((one, other) => one.number - other.number);
      const text = (name: string) => all.find(({ path }) => path.endsWith(`/${name}`))?.data.toString('utf8');
      const told = Number(text(tokenFile));
      return { container, token: Number.isSafeInteger(told) ? told : 0, files, marks: readMarksIn(text(marksFile)) };
    }),
  );
  return found.filter((each) => each !== undefined);
}

function readMarksIn(text = ''): readonly Mark[] {
  const lines = [...text.matchAll(/^([0-9a-f-]{36}) ([0-9a-f]{32})$/gm)].slice(-carriedMarks);
  return lines.map(([, run = '', nonce = '']) => ({ run, nonce }));
}

/** A later token wins: what an earlier holder writes after it has lost the lock says nothing any more. */
function newest(found: readonly Written[]): Written | undefined {
  return found.toSorted(
    (one, other) => other.token - one.token || (other.files.at(-1)?.number ?? 0) - (one.files.at(-1)?.number ?? 0),
  )[0];
}

function entriesIn(written: Written | undefined): readonly Entry[] {
  return written?.files.map(({ entry }) => entry) ?? [];
}

function lastOfEach(files: readonly Numbered[]): readonly Numbered[] {
  const seen = new Map<string, number>();
  return files
    .toReversed()
    .filter(({ entry: { container } }) => {
      seen.set(container, (seen.get(container) ?? 0) + 1);
      return (seen.get(container) ?? 0) <= carried;
    })
    .toReversed();
}

function numberedEntry({ path, type, data }: File): readonly Numbered[] {
  const isOne = type === 'file' && data.length <= mostEntryBytes;
  const number = isOne ? numberOf(path.slice(path.lastIndexOf('/') + 1)) : undefined;
  const entry = number === undefined ? undefined : readEntry(data.toString('utf8'));
  return number === undefined || entry === undefined ? [] : [{ number, entry }];
}

const owner = { uid: 0, gid: 0 } as const;
const folder = (container: string): File => ({
  ...{ path: journalPath(container), type: 'directory', mode: 0o700, ...owner },
  data: Buffer.alloc(0),
});

function file(name: string, content: string): File {
  return { path: name, type: 'file', mode: 0o600, ...owner, data: Buffer.from(content) };
}

/** Each step is a file of its own, and none is ever written again: what cuts a write off harms the one file whose step has not begun. */
function asFile({ number, entry }: Numbered): File {
  return file(fileName(number, entry.step), `${JSON.stringify(entry)}\n`);
}
