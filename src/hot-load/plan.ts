import type { Baseline } from '../node/config.js';
import type { ColdBoot } from '../release/cold-boot.js';
import type { TreeDrift } from '../release/drift.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { Tree } from '../release/supervision.js';
import type { TargetPlan, Update } from '../strategies/strategy.js';
import type { Bundle } from './bundle.js';
import type { UpgradeManifest } from './manifest.js';

/** Everything a hot load needs, gathered before anything changes. */
export interface UpgradeMaterial {
  readonly running: RunningRelease;
  readonly next: ImageRelease;
  readonly bundle: Bundle;
  readonly baseline: Baseline;
  /** The supervision tree that runs, with its noise written as the new release's boot has it. */
  readonly tree: Tree;
  /** In what the tree differs from a boot of its own release. */
  readonly drift: readonly TreeDrift[];
  /** How the new release comes up by itself, and the one that runs. */
  readonly boot: ColdBoot;
  readonly oldBoot: ColdBoot;
  /** Where funs that outlive their code were not looked for. */
  readonly unseen: readonly string[];
  /** How many processes of each module are held, when the plan was made. */
  readonly counts: Readonly<Record<string, number>>;
  /** Directories of the bundle that the container has already, with the same content. */
  readonly present: readonly string[];
}

/** Everything that it takes to go back hot. */
export interface DowngradePlan {
  readonly running: RunningRelease;
  /** What deploys have left in the container, in the order in which it is gone. */
  readonly steps: readonly UpgradeManifest[];
  /** What it is held against in the end: a cold boot of the older image. Absent where there is no such image any more. */
  readonly against?: { readonly tree: Tree; readonly next: ImageRelease; readonly boot: ColdBoot };
}

/** An upgrade by release_handler. */
export interface Upgrade extends Update {
  readonly upgrade: UpgradeMaterial;
}

/** A plan for one, as what carries it out sees it. */
export type UpgradePlan = TargetPlan & { readonly hot: UpgradeMaterial };

/** Its own plan of what is planned for a target; undefined if that is something else. */
export function upgradePlanOf(plan: TargetPlan): UpgradePlan | undefined {
  const { update } = plan;
  return update !== undefined && 'upgrade' in update ? { ...plan, hot: (update as Upgrade).upgrade } : undefined;
}
