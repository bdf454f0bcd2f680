import type { ContainerDetails } from '../engines/details.js';
import type { ContainerSummary, Engine } from '../engines/engine.js';
import { isNode, meantName } from '../engines/names.js';
import { type Entry, type Side, sides } from '../journal/entry.js';
import { belongs, entriesOf, unfinished } from '../journal/history.js';
import { readJournals } from '../journal/journal.js';
import { containersBeside } from '../strategies/recreate/state.js';
import { isMeant, ownName, type Selector } from '../targets/selector.js';

/** A container of an interrupted run. */
export interface InterruptedTarget {
  /** The container's own name. */
  readonly name: string;
  /** What has the name now; absent where a restart was cut off between two renames. */
  readonly container?: ContainerDetails;
  /** What the run wrote down last. */
  readonly last: Entry;
}

/** All that one interrupted run left, and where it goes from there: all of it to the same side. */
export interface InterruptedRun {
  readonly run: string;
  readonly by: string;
  readonly environment: string;
  readonly at: string;
  readonly direction: Side;
  readonly containers: readonly InterruptedTarget[];
}

/**
 * What runs that were cut off have left among the containers that are meant, and among those that were to change together
 * with them, by the journals on the engine. Changes nothing.
 */
export async function findInterrupted(
  engine: Engine,
  selectors: readonly Selector[],
): Promise<readonly InterruptedRun[]> {
  const [all, entries] = await Promise.all([engine.containers(), readJournals(engine)]);
  const open = openTargets(entries).filter((last) => isThere(last, all));
  const meant = open.filter((last) => isOfThose(last, all, selectors));
  const runs = [...new Set(meant.map(({ run }) => run))];
  return await Promise.all(
    runs.map(async (run) => {
      const mine = open.filter((last) => last.run === run);
      const containers = mine.map(async (last): Promise<InterruptedTarget> => {
        // A node of the cluster may not be reached from here now.
        const asked = engine.findContainer(last.container);
        const container = await (isNode(last.container) ? asked.catch(() => undefined) : asked);
        return { name: last.container, last, ...(container && { container }) };
      });
      return { ...runOf(mine, entries), containers: await Promise.all(containers) };
    }),
  );
}

/**
 * What stands under a name that a restart gives, and no journal speaks of: it may be what is left of a run whose journal was
 * pruned, or somebody's own. A sentence for each; nothing is done about it.
 */
export async function findUnproven(engine: Engine, selectors: readonly Selector[]): Promise<readonly string[]> {
  const [all, entries] = await Promise.all([engine.containers(), readJournals(engine)]);
  const isProven = (each: ContainerSummary) => entries.some((entry) => belongs(each, entry));
  return all.flatMap((each) => {
    const [name, own] = [ownName(each), meantName(ownName(each))];
    if (own === name || !isMeant(selectors, each, own) || isProven(each)) return [];
    const back = all.some((other) => ownName(other) === own)
      ? ''
      : ` If it is the container that served: docker rename ${name} ${own} && docker start ${own}`;
    return [
      `${name} is ${each.state}, and no journal shows that hot-deploy has put it there: it is left alone.${back}`,
    ];
  });
}

/** The last entry of each target whose last run has not ended. */
function openTargets(entries: readonly Entry[]): readonly Entry[] {
  const targets = new Map(entries.map((entry) => [`${entry.environment} ${entry.container}`, entry]));
  return [...targets.values()].flatMap(({ environment, container }) => {
    const own = entriesOf(entries, container).filter((entry) => entry.environment === environment);
    return unfinished(own)?.last ?? [];
  });
}

/** Nothing is left to finish or undo of what somebody has removed since, whatever has the name by now. */
function isThere(last: Entry, all: readonly ContainerSummary[]): boolean {
  // Nobody removes one from here.
  if (isNode(last.container)) return true;
  const beside = containersBeside(last.container, all, last).length > 0;
  return beside || all.some((each) => ownName(each) === last.container && belongs(each, last));
}

/** By the name, or by the labels of what stands for it; a node of the cluster by the containers that were to change with it. */
function isOfThose(last: Entry, all: readonly ContainerSummary[], selectors: readonly Selector[]): boolean {
  if (isNode(last.container)) {
    return all.some((each) => last.fleet.includes(ownName(each)) && isMeant(selectors, each, ownName(each)));
  }
  const family = all.filter((each) => ownName(each) === last.container || belongs(each, last));
  return family.some((each) => isMeant(selectors, each, last.container));
}

/** Pure: containers of one run go to one side, and forward as soon as one of them had begun to settle. */
export function runOf(mine: readonly Entry[], entries: readonly Entry[]): Omit<InterruptedRun, 'containers'> {
  const [first] = mine;
  if (first === undefined) throw new Error('A run without an entry was never cut off.');
  const { run, by, environment, at } = first;
  const forward = entries.some((entry) => entry.run === run && sides[entry.step] === 'finish');
  return { run, by, environment, at, direction: forward ? 'finish' : 'undo' };
}
