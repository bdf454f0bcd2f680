import type { Inputs } from '../config/inputs.js';
import type { Uninstalled } from '../deployment/report.js';
import { Unreadable } from '../engines/call.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { ContainerSummary, Engine } from '../engines/engine.js';
import { keptOf, previousName } from '../engines/names.js';
import { holderLabel, replacesLabel, roleLabel, runLabel, stamped } from '../engines/throw-away.js';
import type { Entry } from '../journal/entry.js';
import { isGone } from '../journal/holder.js';
import { findRoot, readJournal, rootOnDisk } from '../journal/journal.js';
import { lockName, readHolder, readLock } from '../journal/lock-labels.js';
import { isMeant, ownName } from '../targets/selector.js';

/** Something that hot-deploy made, and that is provably its own. */
export interface Belonging {
  readonly kind: 'lock' | 'kept container' | 'throw-away container' | 'journal';
  /** The container's: for a journal, of the one that it lies in. */
  readonly name: string;
  readonly id: string;
  /** Of a lock: who holds it, or held it. */
  readonly by?: string;
  /** Of a journal: the release's root. */
  readonly root?: string;
}

export interface Found {
  readonly belongings: readonly Belonging[];
  /** What looks like ours, and stays. */
  readonly left: readonly Uninstalled[];
  /** What was looked at, for its images. */
  readonly containers: readonly ContainerDetails[];
}

type Asked = Pick<Inputs, 'containers' | 'environment'>;

/** What is left for an environment and the containers that are meant. Changes nothing. */
export async function findBelongings(engine: Engine, asked: Asked): Promise<Found> {
  const all = await engine.containers();
  const parts = await Promise.all([
    lockOf(engine, asked),
    keptOfThose(engine, asked, all),
    throwAways(engine, all),
    journals(engine, asked, all),
  ]);
  return {
    belongings: parts.flatMap(({ belongings }) => belongings),
    left: parts.flatMap(({ left }) => left),
    containers: parts.flatMap(({ containers }) => containers),
  };
}

export function spellBelonging({ kind, name, by, root }: Belonging): string {
  return `${kind} ${name}${by === undefined ? '' : `, of ${by}`}${root === undefined ? '' : `, in ${root}`}`;
}

const nothing: Found = { belongings: [], left: [], containers: [] };

async function lockOf(engine: Engine, { environment }: Asked): Promise<Found> {
  const name = lockName(environment);
  const lock = await engine.findContainer(name);
  if (lock === undefined) return nothing;
  const locked = readLock(lock.Config.Labels ?? {}, environment);
  const why = 'it has the name of the lock, and is no lock of hot-deploy';
  if (locked === undefined) return { ...nothing, left: [{ what: 'lock', name, state: 'left', why }] };
  return { ...nothing, belongings: [{ kind: 'lock', name, id: lock.Id, by: locked.holder.by }], containers: [lock] };
}

async function keptOfThose(engine: Engine, { containers, environment }: Asked, all: readonly ContainerSummary[]) {
  const found = await Promise.all(
    all.map(async (each): Promise<Found> => {
      const name = ownName(each);
      const own = keptOf(name);
      const details = own !== undefined && isMeant(containers, each, own) && (await engine.findContainer(each.id));
      if (own === undefined || !details) return nothing;
      const why = await whyItStays(engine, details, { own, all, environment });
      return why === undefined
        ? { ...nothing, belongings: [{ kind: 'kept container', name, id: each.id }], containers: [details] }
        : { ...nothing, left: [{ what: 'kept container', name, state: 'left', why }] };
    }),
  );
  return together(found);
}

/** A name alone proves nothing: a restart has said in a label which container it put aside, or made this one itself. */
async function whyItStays(
  engine: Engine,
  container: ContainerDetails,
  { own, all, environment }: { own: string; all: readonly ContainerSummary[]; environment: string },
): Promise<string | undefined> {
  const { Id: id, State: state } = container;
  const family = all.filter((each) => ownName(each) === own || keptOf(ownName(each)) === own);
  const isPutAside = family.some(({ labels }) => labels[replacesLabel] === id && runLabel in labels);
  if (
    nameOf(container) !== previousName(own, container) ||
    !(isPutAside || (await stamped(engine, container, replacesLabel)))
  ) {
    return `nothing shows that hot-deploy has kept it: docker rm ${nameOf(container)} removes it`;
  }
  if (state.Running || state.Paused || state.Restarting) return `it is ${state.Status}, and what runs is not touched`;
  const { last, why } = await lastOf(engine, id, () => rootOnDisk(engine, id));
  return last === undefined || last.environment === environment ? why : `it is of the environment ${last.environment}`;
}

/** The last that is written down in a container; why that cannot be read, if it cannot. */
async function lastOf(engine: Engine, container: string, find: () => Promise<string | undefined>): Promise<Last> {
  try {
    const root = await find();
    const last = root === undefined ? undefined : (await readJournal(engine, { container, root })).at(-1);
    return root === undefined || last === undefined ? {} : { root, last };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { why: `what is written down in it cannot be read: ${error.message.replace(/\.$/, '')}` };
  }
}

interface Last {
  readonly root?: string;
  readonly last?: Entry;
  readonly why?: string;
}

/** Only of runs that are known to have ended. */
async function throwAways(engine: Engine, all: readonly ContainerSummary[]): Promise<Found> {
  const dead = all.filter(({ labels }) => {
    const told = roleLabel in labels ? readHolder(labels[holderLabel] ?? '') : undefined;
    return told !== undefined && isGone(told.holder);
  });
  const found = await Promise.all(
    dead.map(async ({ id }): Promise<Found> => {
      const details = await engine.findContainer(id);
      return details !== undefined && (await stamped(engine, details, roleLabel))
        ? {
            ...nothing,
            belongings: [{ kind: 'throw-away container', name: nameOf(details), id }],
            containers: [details],
          }
        : nothing;
    }),
  );
  return together(found);
}

async function journals(engine: Engine, { containers, environment }: Asked, all: readonly ContainerSummary[]) {
  const meant = all.filter((each) => isMeant(containers, each, ownName(each)));
  const found = await Promise.all(
    meant.map(async ({ id }): Promise<Found> => {
      const details = await engine.findContainer(id);
      if (details === undefined) return nothing;
      const name = nameOf(details);
      const { root, last, why: unread } = await lastOf(engine, id, () => findRoot(engine, details));
      const why =
        last !== undefined && last.environment !== environment
          ? `it is of the environment ${last.environment}`
          : last !== undefined && !details.State.Running
            ? `${name} is ${details.State.Status}: start it, and uninstall again`
            : unread;
      if (last === undefined && why === undefined) return { ...nothing, containers: [details] };
      return why === undefined && root !== undefined
        ? { ...nothing, belongings: [{ kind: 'journal', name, id, root }], containers: [details] }
        : { belongings: [], left: [{ what: 'journal', name, state: 'left', why: why ?? '' }], containers: [details] };
    }),
  );
  return together(found);
}

function together(found: readonly Found[]): Found {
  return {
    belongings: found.flatMap(({ belongings }) => belongings),
    left: found.flatMap(({ left }) => left),
    containers: found.flatMap(({ containers }) => containers),
  };
}
