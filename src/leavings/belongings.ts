import type { Inputs } from '../config/inputs.js';
import type { Uninstalled } from '../deployment/report.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { ContainerSummary, Engine } from '../engines/engine.js';
import { keptOf, previousName } from '../engines/names.js';
import { holderLabel, isMarked, roleLabel, unproven } from '../engines/throw-away.js';
import type { Entry } from '../journal/entry.js';
import { idsOf } from '../journal/history.js';
import { isGone } from '../journal/holder.js';
import { readJournal, readMarks } from '../journal/journal.js';
import { isJournalName, lockName, readHolder, readLock } from '../journal/lock-labels.js';
import { isMeant, ownName } from '../targets/selector.js';

/** Something that hot-deploy made, and that is provably its own. */
export interface Belonging {
  readonly kind: 'lock' | 'kept container' | 'throw-away container' | 'journal';
  /** The container's. */
  readonly name: string;
  readonly id: string;
  /** Of a lock: who holds it, or held it. */
  readonly by?: string;
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
    throwAways(engine, asked, all),
    journals(engine, asked, all),
    served(engine, asked, all),
  ]);
  return {
    belongings: parts.flatMap(({ belongings }) => belongings),
    left: parts.flatMap(({ left }) => left),
    containers: parts.flatMap(({ containers }) => containers),
  };
}

export function spellBelonging({ kind, name, by }: Belonging): string {
  return `${kind} ${name}${by === undefined ? '' : `, of ${by}`}`;
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
  const entries = await readJournal(engine, environment);
  const found = await Promise.all(
    all.map(async (each): Promise<Found> => {
      const name = ownName(each);
      const own = keptOf(name);
      const details = own !== undefined && isMeant(containers, each, own) && (await engine.findContainer(each.id));
      if (own === undefined || !details) return nothing;
      const why = whyItStays(details, own, entries);
      return why === undefined
        ? { ...nothing, belongings: [{ kind: 'kept container', name, id: each.id }], containers: [details] }
        : { ...nothing, left: [{ what: 'kept container', name, state: 'left', why }] };
    }),
  );
  return together(found);
}

/** A name alone proves nothing: the environment's journal has to say that the container was put aside. */
function whyItStays(container: ContainerDetails, own: string, entries: readonly Entry[]): string | undefined {
  const { Id: id, State: state } = container;
  if (nameOf(container) !== previousName(own, container) || !idsOf(entries, own).has(id)) {
    return `nothing shows that hot-deploy has kept it: docker rm ${nameOf(container)} removes it`;
  }
  const runs = state.Running || state.Paused || state.Restarting;
  return runs ? `it is ${state.Status}, and what runs is not touched` : undefined;
}

/** Only of runs that are known to have ended, and only what the journal shows to be theirs. */
async function throwAways(engine: Engine, { environment }: Asked, all: readonly ContainerSummary[]): Promise<Found> {
  const dead = all.filter(({ labels }) => {
    const told = roleLabel in labels ? readHolder(labels[holderLabel] ?? '') : undefined;
    return told !== undefined && isGone(told.holder);
  });
  const marks = dead.length === 0 ? [] : await readMarks(engine, environment);
  const found = await Promise.all(
    dead.map(async (each): Promise<Found> => {
      const details = await engine.findContainer(each.id);
      if (details === undefined) return nothing;
      const [what, name] = ['throw-away container', nameOf(details)] as const;
      return isMarked(each, marks)
        ? { ...nothing, belongings: [{ kind: what, name, id: each.id }], containers: [details] }
        : { ...nothing, left: [{ what, name, state: 'left', why: unproven(name) }] };
    }),
  );
  return together(found);
}

async function journals(engine: Engine, { environment }: Asked, all: readonly ContainerSummary[]): Promise<Found> {
  const named = all.filter((each) => isJournalName(ownName(each), environment));
  const found = await Promise.all(
    named.map(async ({ id }): Promise<Found> => {
      const details = await engine.findContainer(id);
      if (details === undefined) return nothing;
      const name = nameOf(details);
      const why = 'it has the name of a journal, and is none of hot-deploy';
      return readLock(details.Config.Labels ?? {}, environment) === undefined
        ? { ...nothing, left: [{ what: 'journal', name, state: 'left', why }] }
        : { ...nothing, belongings: [{ kind: 'journal', name, id }], containers: [details] };
    }),
  );
  return together(found);
}

/** For their images alone. */
async function served(engine: Engine, { containers }: Asked, all: readonly ContainerSummary[]): Promise<Found> {
  const meant = all.filter((each) => isMeant(containers, each, ownName(each)));
  const found = await Promise.all(meant.map(({ id }) => engine.findContainer(id)));
  return { ...nothing, containers: found.flatMap((each) => each ?? []) };
}

function together(found: readonly Found[]): Found {
  return {
    belongings: found.flatMap(({ belongings }) => belongings),
    left: found.flatMap(({ left }) => left),
    containers: found.flatMap(({ containers }) => containers),
  };
}
