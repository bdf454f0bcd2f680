import { asIn } from './steady.js';
import { comparable, compareTrees, describeChange, mayHaveEnded, type SupervisionChange } from './supervision.js';
import { isRestarted, type Supervised, type Tree } from './tree.js';

/** One process of a tree, or the place of one that does not run. */
export interface Place {
  /** Ids from the application's top, joined by slashes. */
  readonly path: string;
  readonly running: boolean;
  /** Whether it may end by itself for good, as one that has done its work does. */
  readonly mayEnd: boolean;
}

/** All places of a tree, each before those below it. */
export function placesOf(tree: Tree): readonly Place[] {
  return Object.entries(tree).flatMap(([name, top]) => below(name, top));
}

function below(path: string, node: Supervised): readonly Place[] {
  return [
    { path, running: node.running ?? true, mayEnd: isRestarted(node, 'transient') || isRestarted(node, 'temporary') },
    ...(node.children ?? []).flatMap((child) => below(`${path}/${child.id}`, child)),
  ];
}

/** In what a tree differs from the one it should be. */
export interface Unlike {
  readonly changes: readonly SupervisionChange[];
  /** Of the tree as it should be: what does not run. A child that is known and does not run counts, as one whose start failed. */
  readonly missing: readonly Place[];
}

/** The one comparison of a tree with that of a cold boot: for the proof, the rehearsal and the status alike. */
export function unlike(now: Tree, then: Tree): Unlike {
  const wanted = comparable(then);
  const here = asIn(comparable(now), wanted);
  const ended = new Set(placesOf(here).flatMap(({ path, running }) => (running ? [] : [path])));
  const isMissing = ({ path }: Place) => ended.has(path) || (wanted[path] !== undefined && here[path] === undefined);
  return {
    changes: compareTrees(here, wanted).filter((change) => !mayHaveEnded(change)),
    missing: placesOf(wanted).filter((place) => place.running && isMissing(place)),
  };
}

/**
 * The same in words. systools' apply tells nobody where a start failed.
 *
 * @param mayBeOver of which ones that do not run nothing follows
 */
export function treeDifferences(now: Tree, then: Tree, mayBeOver: (place: Place) => boolean): readonly string[] {
  const { changes, missing } = unlike(now, then);
  return [
    ...changes.map(describeChange),
    ...missing.filter((place) => !mayBeOver(place)).map(({ path }) => `${path} is not running`),
  ];
}

/**
 * What ran before a release and does not run once that is left again: what its way back was to start, and what has ended while
 * it ran. systools' apply tells nobody where a start failed.
 *
 * @param left a cold boot of the release that was left: what does not run in it either may be over
 */
export function notBack(now: Tree, ran: Tree, left: Tree): readonly string[] {
  const over = new Set(placesOf(left).flatMap(({ path, running }) => (running ? [] : [path])));
  const here = new Set(placesOf(asIn(now, ran)).flatMap(({ path, running }) => (running ? [path] : [])));
  return placesOf(comparable(ran)).flatMap(({ path, running, mayEnd }) =>
    running && !mayEnd && !over.has(path) && !here.has(path) ? [`${path} is not running`] : [],
  );
}
