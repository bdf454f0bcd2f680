import { ifThere, Unreadable } from '../engines/call.js';
import type { ContainerDetails } from '../engines/details.js';
import type { ContainerSummary, Engine } from '../engines/engine.js';
import type { Entry } from '../journal/entry.js';
import { unfinished } from '../journal/history.js';
import { findRoot, type Place, readNewest } from '../journal/journal.js';
import { containersBeside } from '../strategies/recreate/state.js';
import type { Log } from '../system/log.js';
import { namesMeant, ownName, type Selector } from '../targets/selector.js';

/** A container that a run which is no longer there has left half-way. */
export interface InterruptedTarget {
  /** The container's own name. */
  readonly name: string;
  /** What has the name now; absent where a restart was cut off between two renames. */
  readonly container?: ContainerDetails;
  /** What the run wrote down last; absent where nothing could be written, and only names tell. */
  readonly last?: Entry;
  /** Where that is written. */
  readonly written?: Place;
}

/** All that one run left half-way, and where it goes from there: all of it to the same side. */
export interface InterruptedRun {
  readonly run?: string;
  readonly by?: string;
  readonly environment?: string;
  readonly at?: string;
  readonly direction: 'finish' | 'undo';
  readonly containers: readonly InterruptedTarget[];
}

interface ObservedTarget extends InterruptedTarget {
  readonly entries: readonly Entry[];
  /** Whether containers stand beside it that only exist during a restart. */
  readonly restarting: boolean;
  /** Whether the one whose place is taken still has the name, or has it again. */
  readonly old: boolean;
}

/**
 * What runs that were cut off have left among the containers that are meant, and among those that were to change together
 * with them. Changes nothing. Of a container whose ledger cannot be read only names tell, which is a warning.
 */
export async function findInterrupted(
  engine: Engine,
  selectors: readonly Selector[],
  log: Pick<Log, 'warning'>,
): Promise<readonly InterruptedRun[]> {
  const all = await engine.containers();
  const looked = new Map<string, ObservedTarget>();
  let names = namesMeant(all, selectors);
  while (names.length > 0) {
    for (const each of await Promise.all(names.map((name) => look(engine, all, name, log)))) {
      looked.set(each.name, each);
    }
    const fleets = [...looked.values()].flatMap(({ last }) => last?.fleet ?? []);
    names = [...new Set(fleets)].filter(
      (name) => !looked.has(name) && namesMeant(all, [{ by: 'name', name }]).length > 0,
    );
  }
  return byRun([...looked.values()]);
}

async function look(
  engine: Engine,
  all: readonly ContainerSummary[],
  name: string,
  log: Pick<Log, 'warning'>,
): Promise<ObservedTarget> {
  const unread = (error: unknown): undefined => {
    if (!(error instanceof Unreadable)) throw error;
    log.warning(
      `${name}: what earlier runs wrote down in it cannot be read, so only the names of its containers tell whether one was cut off. ${error.message}`,
    );
  };
  const found = containersBeside(name, all);
  const own = all.find((each) => ownName(each) === name);
  const container = own && (await engine.findContainer(own.id));
  const places = await Promise.all(
    [
      ...(container ? [container] : []),
      ...(await present(
        engine,
        found.map(({ container: each }) => each),
      )),
    ].map((each) => placeOf(engine, each).catch(unread)),
  );
  const written = await readNewest(
    engine,
    places.flatMap((place) => place ?? []),
  ).catch(unread);
  const entries = written?.entries ?? [];
  const last = unfinished(entries)?.last;
  return {
    name,
    entries,
    restarting: found.length > 0,
    // As long as the new one is called by its own name, what has the name is no new one, but a spare may have it.
    old: found.some(({ mark: { place, old: id } }) => place === 'fresh' || own?.id.startsWith(id) === true),
    ...(container && { container }),
    ...(last && { last }),
    ...(written && { written: written.place }),
  };
}

async function present(engine: Engine, found: readonly ContainerSummary[]): Promise<readonly ContainerDetails[]> {
  return (await Promise.all(found.map(({ id }) => engine.findContainer(id)))).flatMap((each) => each ?? []);
}

async function placeOf(engine: Engine, container: ContainerDetails): Promise<Place | undefined> {
  // One with --rm may be deleted while it is looked at.
  const root = await ifThere(findRoot(engine, container));
  return root === undefined ? undefined : { container: container.Id, root };
}

/** Pure: containers of one run go to one side, and forward as soon as one of them had begun to settle. */
export function byRun(looked: readonly ObservedTarget[]): readonly InterruptedRun[] {
  const open = looked.filter(({ last, restarting }) => last !== undefined || restarting);
  const runs = [...new Set(open.map(({ last }) => last?.run))];
  return runs.map((run) => {
    const mine = open.filter(({ last }) => last?.run === run);
    const [first] = mine.flatMap(({ last }) => last ?? []);
    const settled =
      run === undefined
        ? mine.some((one) => looked.some((other) => isFinalOn(other, one)))
        : looked.some(({ entries }) => entries.some((entry) => entry.run === run && isSettled(entry)));
    const { by, environment, at } = first ?? {};
    return {
      direction: settled ? 'finish' : 'undo',
      containers: mine.map(({ entries: _, restarting: __, old: ___, ...each }) => each),
      ...(run !== undefined && { run }),
      ...(by !== undefined && { by }),
      ...(environment !== undefined && { environment }),
      ...(at !== undefined && { at }),
    };
  });
}

function isSettled({ step }: Entry): boolean {
  return step === 'settle' || step === 'done';
}

/**
 * Whether one container has come to stay on the image that another, of which nothing is written down, was put on: then all of
 * their fleet had come through. One with --rm takes what was written in it along when it ends.
 */
function isFinalOn(other: ObservedTarget, { name, container, old }: ObservedTarget): boolean {
  if (other.name === name || container === undefined || old) return false;
  const last = other.entries.at(-1);
  return last === undefined
    ? !other.restarting && other.container?.Image === container.Image
    : isSettled(last) && last.fleet.includes(name) && last.to.image === container.Image;
}
