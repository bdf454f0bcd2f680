import type { ColdBoot } from './cold-boot.js';
import type { Facts } from './facts.js';
import { asIn } from './steady.js';
import { comparable, compareTrees, describeChange, mayHaveEnded, type SupervisionChange } from './supervision.js';
import type { Tree } from './tree.js';

/** A difference between what serves and a boot of the same release, at one supervisor. */
export interface TreeDrift {
  readonly path: string;
  /** Of a child that only one of them has, or that is another process. */
  readonly child?: string;
  readonly what: string;
}

export interface Supervision {
  /** What serves, with the noise in it written as a cold boot of the new release has it. */
  readonly tree: Tree;
  /** What the new release changes; unknown if it did not boot. */
  readonly supervision: readonly SupervisionChange[] | { readonly unknown: string };
  /** What has become of the release that serves since it booted. */
  readonly drift: readonly TreeDrift[];
}

/**
 * The change of the supervision tree is that between a boot of what runs and a boot of what is new. What serves has grown
 * older than both: where it differs from a boot of its own release it has drifted, which is no change.
 */
export function compareSupervision(
  serving: Tree,
  boots: { readonly old: ColdBoot; readonly new: ColdBoot },
  /** Applications whose code or files differ. */
  changed: readonly string[],
): Supervision {
  const { old, new: fresh } = boots;
  if (fresh.kind === 'failed') {
    return { tree: serving, supervision: { unknown: fresh.why }, drift: [] };
  }
  const tree = asIn(serving, fresh.facts.tree);
  return old.kind === 'failed'
    ? {
        tree,
        // A temporary child that has ended is not told from one that is new: nothing is started twice.
        supervision: compareTrees(tree, fresh.facts.tree).filter((change) => !mayHaveEnded(change)),
        drift: [],
      }
    : {
        tree,
        // Of an application that is the same, children differ by the age of the boots alone.
        supervision: compareTrees(old.facts.tree, fresh.facts.tree).filter(
          ({ application }) => changed.includes(application) || !sameSettings(application, old.facts, fresh.facts),
        ),
        drift: treeDrift(serving, old.facts.tree),
      };
}

function sameSettings(application: string, old: Facts, fresh: Facts): boolean {
  const own = ({ settings }: Facts) => JSON.stringify(settings.filter(([name]) => name === application).sort());
  return own(old) === own(fresh);
}

function treeDrift(serving: Tree, booted: Tree): readonly TreeDrift[] {
  return compareTrees(comparable(serving), comparable(booted))
    .filter((change) => !mayHaveEnded(change))
    .map((change) => ({
      path: change.path,
      // With what it was started is its own affair: a child that is kept keeps that.
      ...('child' in change && change.kind !== 'spec-changed' && { child: change.child.id }),
      what: describeChange(change),
    }));
}
