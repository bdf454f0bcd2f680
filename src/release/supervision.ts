import { asIn, numberedTree } from './steady.js';
import { isRestarted, type Supervised, specifiedAlike, type Tree } from './tree.js';

export type { Supervised, Tree };

/** One difference between two trees, at one supervisor. */
export type SupervisionChange = {
  readonly application: string;
  /** Where: ids from the top, joined by slashes. */
  readonly path: string;
  /** The same ids, one by one; none at the top. */
  readonly trail: readonly string[];
  readonly supervisor: Supervised;
  /** The supervisor as it should be. */
  readonly becomes: Supervised;
} & (
  | { readonly kind: 'child-added'; readonly child: Supervised; readonly last: boolean }
  | { readonly kind: 'child-removed'; readonly child: Supervised }
  | { readonly kind: 'spec-changed'; readonly child: Supervised; readonly to: Supervised }
  | { readonly kind: 'process-changed'; readonly child: Supervised; readonly to: Supervised }
  | { readonly kind: 'order-changed' }
  | { readonly kind: 'settings-changed'; readonly to: Supervised }
  | { readonly kind: 'top-changed' }
);

/**
 * What has to happen for `now` to become `then`; pure. Applications that only one of them runs are left out, and what is noise
 * in `then` is no difference.
 */
export function compareTrees(now: Tree, then: Tree): readonly SupervisionChange[] {
  const there = numberedTree(then);
  const here = asIn(now, there);
  return Object.entries(comparable(there)).flatMap(([application, top]) => {
    const running = here[application];
    return running === undefined ? [] : compareNodes(application, [], running, top);
  });
}

function compareNodes(
  application: string,
  trail: readonly string[],
  now: Supervised,
  then: Supervised,
): readonly SupervisionChange[] {
  const at = { application, path: [application, ...trail].join('/'), trail, supervisor: now, becomes: then };
  if (now.type !== 'supervisor' || then.type !== 'supervisor') {
    return now.type === then.type ? [] : [{ kind: 'top-changed', ...at }];
  }
  const [running, wanted] = [now.children ?? [], then.children ?? []];
  const known = (list: readonly Supervised[], id: string) => list.find((child) => child.id === id);
  const added = wanted.filter((child) => known(running, child.id) === undefined);
  const removed = running.filter((child) => known(wanted, child.id) === undefined);
  const kept = (list: readonly Supervised[], other: readonly Supervised[]) =>
    list.map((child) => child.id).filter((id) => known(other, id) !== undefined);
  const sameOrder = kept(running, wanted).join('\n') === kept(wanted, running).join('\n');
  const tail = wanted.slice(wanted.length - added.length);
  const settings = (each: Supervised) => `${each.strategy} ${each.intensity} ${each.period} ${each.callback}`;
  return [
    ...(settings(now) === settings(then) ? [] : [{ kind: 'settings-changed', to: then, ...at } as const]),
    // As a supervisor ends and starts them: the last one first, and nobody new while an old one may hold the name.
    ...removed.toReversed().map((child) => ({ kind: 'child-removed', child, ...at }) as const),
    ...added.map((child) => ({ kind: 'child-added', child, last: tail.includes(child), ...at }) as const),
    ...(sameOrder ? [] : [{ kind: 'order-changed', ...at } as const]),
    ...wanted.flatMap((to) => {
      const child = known(running, to.id);
      if (child === undefined) {
        return [];
      }
      const changed = specifiedAlike(child, to) ? [] : [{ kind: 'spec-changed', child, to, ...at } as const];
      const another =
        child.runs === undefined || to.runs === undefined || child.runs === to.runs
          ? []
          : [{ kind: 'process-changed', child, to, ...at } as const];
      return [...changed, ...another, ...compareNodes(application, [...trail, to.id], child, to)];
    }),
  ];
}

/** A temporary child leaves its supervisor when its work is done: that one tree has it and another has not tells nothing. */
export function mayHaveEnded(change: SupervisionChange): boolean {
  return (change.kind === 'child-added' || change.kind === 'child-removed') && isRestarted(change.child, 'temporary');
}

/**
 * Without what differs between two boots of the same: the kernel's children depend on how the VM was started, on its node
 * name and on who has asked for a timer, and sasl's on who asks.
 */
export function comparable(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => !['kernel', 'sasl'].includes(name)));
}

/** Counts the nodes of a tree that a comparison looks at. */
export function countNodes(tree: Tree): number {
  const count = (node: Supervised): number => 1 + (node.children ?? []).reduce((sum, child) => sum + count(child), 0);
  return Object.values(tree).reduce((sum, top) => sum + count(top), 0);
}

/** The change in words, for reports. */
export function describeChange(change: SupervisionChange): string {
  const where = change.path;
  switch (change.kind) {
    case 'child-added':
      return `${where}: child ${change.child.id} is new`;
    case 'child-removed':
      return `${where}: child ${change.child.id} is gone`;
    case 'spec-changed':
      return `${where}: child ${change.child.id} is specified differently`;
    case 'process-changed':
      return `${where}: child ${change.child.id} is a process of ${change.child.runs} instead of ${change.to.runs}`;
    case 'order-changed':
      return `${where}: children start in another order`;
    case 'settings-changed':
      return `${where}: strategy, restart intensity or callback module differ`;
    case 'top-changed':
      return `${where}: the top process is of another kind`;
  }
}
