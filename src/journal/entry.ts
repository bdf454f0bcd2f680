import { type Way, ways } from '../reasons/strategies.js';

/**
 * One step of a deploy or a rollback, written down in the environment's journal before it is carried out. It says what the run
 * meant to do; what is true afterwards is asked of the node and of the engine, and never read from here.
 */
export interface Entry extends EntryDetails {
  readonly schema: 1;
  /** Which holder of the lock wrote it: each has a higher one than the holder before. */
  readonly token: number;
  /** ISO 8601, by the clock of the run that wrote it. */
  readonly at: string;
  readonly step: Step;
}

/** What a run is about for one container: the same in all of its entries. */
export interface EntryDetails {
  /** A UUID. */
  readonly run: string;
  readonly task: 'deploy' | 'rollback';
  readonly way: Way;
  /** The container's own name. */
  readonly container: string;
  /** The id of the container that the run found under that name. */
  readonly id: string;
  /** What the run makes in its place has this in a label, which nobody else can know. */
  readonly nonce: string;
  /** The id of the kept container that is to take its place. */
  readonly kept?: string;
  readonly from: Version;
  readonly to: Version;
  /** Where its release lies, as far as that is known. */
  readonly root?: string;
  /** The names of all containers that change together: either all go, or none. */
  readonly fleet: readonly string[];
  /** The environment whose lock the run held: without it nobody finishes or undoes what it began. */
  readonly environment: string;
  /** Who, for people: the run's page, or user and host. */
  readonly by: string;
  /** Directories below the release's root that the run brought, to be taken away again should it go back. */
  readonly brought?: readonly string[];
  /** How the new version would go back, as far as the rehearsal has shown it. */
  readonly wayBack?: 'downgrade' | 'restart';
}

/** What proves that a container belongs to an update of a target: a name proves nothing. */
export type Claim = Pick<EntryDetails, 'id' | 'nonce' | 'kept'> & Partial<Pick<EntryDetails, 'from' | 'run'>>;

/** One side of a deploy. */
export interface Version {
  /** Of the release; absent where nobody could be asked. */
  readonly version?: string;
  /** The id of the image that a cold boot of it is made from. */
  readonly image: string;
  /** The name under which it was deployed. */
  readonly reference?: string;
  /** The commit that it was built from. */
  readonly commit?: string;
}

/** In the order in which a run takes them. */
export const steps = {
  stage: "the new version's files are brought into the container",
  switch: 'the node is switched to the new version',
  create: 'the new container is made',
  stop: 'the old container is stopped and the new one is started',
  settle: 'the whole fleet came through, and the new version becomes what the container boots',
  done: 'the deploy is complete',
  'bring-back': 'the node goes back to the old version',
  restore: 'the old container is started again',
  undone: 'the old version serves as before',
} as const;

export type Step = keyof typeof steps;

export type Side = 'finish' | 'undo';

/**
 * To which side a run goes that was cut off after a step of one of its containers: from `settle` on it is finished, before that
 * it is undone. Until then the whole fleet has not been seen to come through, and the run may have been killed for a reason.
 */
export const sides: Readonly<Record<Step, Side>> = {
  ...{ stage: 'undo', switch: 'undo', create: 'undo', stop: 'undo', settle: 'finish', done: 'finish' },
  ...{ 'bring-back': 'undo', restore: 'undo', undone: 'undo' },
};

/** After these nothing is left to do. */
export const ends: ReadonlySet<Step> = new Set(['done', 'undone']);

/** The name of a file of the journal: its number, and the step, for people who list the directory. */
export function fileName(number: number, step: Step): string {
  return `${String(number).padStart(6, '0')}-${step}.json`;
}

/** The number of a file of the journal; undefined for any other file. */
export function numberOf(name: string): number | undefined {
  const [, digits] = /^(\d{6,})-[a-z-]+\.json$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Reads one file. A torn one is no entry: its step had not begun, since a run begins a step only once its file is whole. */
export function readEntry(content: string): Entry | undefined {
  try {
    const read: unknown = JSON.parse(content);
    return isEntry(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(read: unknown): read is Entry {
  const entry = (read ?? {}) as Partial<Record<keyof Entry, unknown>>;
  const texts = [entry.at, entry.run, entry.container, entry.id, entry.nonce, entry.environment, entry.by];
  return (
    entry.schema === 1 &&
    Number.isSafeInteger(entry.token) &&
    [entry.kept, entry.root].every((text) => text === undefined || typeof text === 'string') &&
    texts.every((text) => typeof text === 'string' && text !== '' && text.length < 1_000) &&
    typeof entry.step === 'string' &&
    Object.hasOwn(steps, entry.step) &&
    ['deploy', 'rollback'].includes(String(entry.task)) &&
    typeof entry.way === 'string' &&
    Object.hasOwn(ways, entry.way) &&
    [entry.from, entry.to].every(isVersion) &&
    isTexts(entry.fleet) &&
    (entry.brought === undefined || (isTexts(entry.brought) && entry.brought.every(isBelow)))
  );
}

/** What the label of a container that a restart made says of the one before it; undefined for anything else. */
export function readFrom(label: string | undefined): Version | undefined {
  try {
    const read: unknown = JSON.parse(label ?? '');
    return isVersion(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isVersion(read: unknown): read is Version {
  const { version, image, reference, commit } = (read ?? {}) as Partial<Record<keyof Version, unknown>>;
  return (
    typeof image === 'string' &&
    [version, reference, commit].every((one) => one === undefined || typeof one === 'string')
  );
}

function isTexts(read: unknown): read is readonly string[] {
  return Array.isArray(read) && read.every((each) => typeof each === 'string');
}

/** What is to be removed lies in the release, and is not all of it. */
function isBelow(path: string): boolean {
  return /^(lib|releases|bin)\/[^/]+$/.test(path) && !/\/\.{1,2}$/.test(path);
}
