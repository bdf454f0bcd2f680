import { agreed, fits } from './printed.js';
import { isRestarted, type Supervised, type Tree } from './tree.js';

/** How two prints of one thing become the one to compare by; undefined if they are not of one thing. */
type Merge = (mine: string, other: string) => string | undefined;

/** What two boots of one release agree on; what they disagree on is noise. Children that may end by themselves count if one of them has them. */
export function steadyTree(one: Tree, other: Tree): Tree {
  return mergedTree(one, other, agreed, true);
}

/** A tree with the ids, arguments and specifications that fit the reference written as the reference has them. */
export function asIn(tree: Tree, reference: Tree): Tree {
  return mergedTree(tree, reference, (mine, wanted) => (fits(mine, wanted) ? wanted : undefined), false);
}

function mergedTree(tree: Tree, other: Tree, merge: Merge, both: boolean): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, top]) => {
      const counterpart = other[name];
      return [name, counterpart === undefined ? numbered(top) : merged(top, counterpart, merge, both)];
    }),
  );
}

function merged(node: Supervised, other: Supervised, merge: Merge, both: boolean): Supervised {
  const text = (mine: string, its: string) => merge(mine, its) ?? mine;
  const spec = node.spec && other.spec ? mergedSpec(node.spec, other.spec, text) : node.spec;
  return {
    ...node,
    ...(spec && { spec }),
    ...(node.children && { children: mergedChildren(node.children, other.children ?? [], merge, both) }),
  };
}

type Spec = NonNullable<Supervised['spec']>;

function mergedSpec(one: Spec, other: Spec, text: (mine: string, its: string) => string): Spec {
  const optional = (['exact', 'exactStart', 'carried'] as const).flatMap((key) => {
    const [mine, its] = [one[key], other[key]];
    return mine === undefined || its === undefined ? [] : [[key, text(mine, its)] as const];
  });
  return {
    ...one,
    text: text(one.text, other.text),
    start: text(one.start, other.start),
    ...Object.fromEntries(optional),
  };
}

function mergedChildren(
  these: readonly Supervised[],
  those: readonly Supervised[],
  merge: Merge,
  both: boolean,
): readonly Supervised[] {
  const [children, others] = [unique(these), unique(those)];
  const left = new Set(others);
  const take = (wanted: (other: Supervised) => boolean) => {
    const found = [...left].find(wanted);
    if (found !== undefined) left.delete(found);
    return found;
  };
  // Those that are named alike first, so that none of them is taken for another's counterpart.
  const named = new Map(children.map((child) => [child, take((other) => other.id === child.id)]));
  const written = children.map((child) => {
    const alike = (each: Supervised) =>
      each.type === child.type && merge(plain(child.id), plain(each.id)) !== undefined;
    const other = named.get(child) ?? take(alike);
    if (other === undefined) {
      return numbered(child);
    }
    const id = both ? (merge(plain(child.id), plain(other.id)) ?? child.id) : other.id;
    return { ...merged(child, other, merge, both), id, ...(id !== child.id && { raw: child.raw ?? child.id }) };
  });
  return unique(both ? [...written, ...[...left].filter(mayEnd).map(numbered)] : written);
}

/** Without the number that tells it from others which are printed alike. */
const plain = (id: string) => id.replace(/ #\d+$/, '');

const mayEnd = (child: Supervised) => isRestarted(child, 'temporary') || isRestarted(child, 'transient');

/** A tree in which children with ids that are printed alike are told apart. */
export function numberedTree(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([name, top]) => [name, numbered(top)]));
}

function numbered(node: Supervised): Supervised {
  return node.children === undefined ? node : { ...node, children: unique(node.children.map(numbered)) };
}

/** References are all printed alike: children with one in their id are told apart by their order. */
function unique(children: readonly Supervised[]): readonly Supervised[] {
  const seen = new Map<string, number>();
  return children.map((child) => {
    const count = (seen.get(child.id) ?? 0) + 1;
    seen.set(child.id, count);
    return count === 1 ? child : { ...child, id: `${plain(child.id)} #${count}`, raw: child.raw ?? child.id };
  });
}
