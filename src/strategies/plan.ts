import type { Reason } from '../deployment/reason.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Place } from '../journal/ledger.js';
import type { Baseline } from '../node/config.js';
import type { ColdBoot } from '../release/cold-boot.js';
import type { TreeDrift } from '../release/drift.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { Tree } from '../release/supervision.js';
import { appupRules } from './relup/appup-rules.js';
import type { Bundle } from './relup/bundle.js';
import { codeRules } from './relup/code-rules.js';
import type { CodeComparison, Comparison } from './relup/comparison.js';
import { releaseRules } from './relup/release-rules.js';
import type { Way } from './relup/way.js';

/** What will be done to one container, and why. */
export type ContainerPlan = {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  /** The version that runs, as far as it could be found out. */
  readonly from?: string;
  readonly reasons: readonly Reason[];
  readonly rehearsal?: Rehearsal;
  /** Where the release lies in the container; absent where that is unknown. */
  readonly place?: Omit<Place, 'container'>;
} & (
  | { readonly method: 'none' }
  | { readonly method: 'recreate'; readonly next: ImageRelease }
  | { readonly method: 'relup'; readonly hot: HotMaterial }
  /** Back to a release that ran in it before. */
  | { readonly method: 'downgrade'; readonly down: Descent }
  /** Back to the very container that ran before, which was kept; `next` is what it runs. */
  | { readonly method: 'revive'; readonly kept: ContainerDetails; readonly next: ImageRelease }
);

/** A plan that changes something. */
export type Changing = Exclude<ContainerPlan, { readonly method: 'none' }>;

export function isChanging(plan: ContainerPlan): plan is Changing {
  return plan.method !== 'none';
}

/** The version that a plan brings, or leaves where it is; undefined where that is unknown. */
export function versionBy(plan: ContainerPlan): string | undefined {
  switch (plan.method) {
    case 'none':
      return plan.from;
    case 'relup':
      return plan.hot.next.version;
    case 'downgrade':
      return plan.down.against?.next.version;
    case 'recreate':
    case 'revive':
      return plan.next.version;
  }
}

/** Everything a hot load needs, gathered before anything changes. */
export interface HotMaterial {
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
export interface Descent {
  readonly running: RunningRelease;
  /** What deploys have left in the container, in the order in which it is gone. */
  readonly steps: readonly Way[];
  /** What it is held against in the end: a cold boot of the older image. Absent where there is no such image any more. */
  readonly against?: { readonly tree: Tree; readonly next: ImageRelease; readonly boot: ColdBoot };
}

/** Reasons that need no look at the code. */
export function judgeRelease(comparison: Comparison): readonly Reason[] {
  return releaseRules.flatMap((rule) => rule(comparison));
}

/** Reasons that code, tree and processes give. */
export function judgeCode(comparison: CodeComparison): readonly Reason[] {
  return [...codeRules, ...appupRules].flatMap((rule) => rule(comparison));
}

/** What keeps a deploy from being carried out by any way, each once. */
export function blocking(plans: readonly Pick<ContainerPlan, 'reasons'>[]): readonly Reason[] {
  const all = plans.flatMap(({ reasons }) => reasons.filter(({ blocks }) => blocks.includes('recreate')));
  return [...new Map(all.map((reason) => [reason.message, reason])).values()];
}

/** Hot is open as long as nothing closes it. */
export function closed(reasons: readonly Reason[]): boolean {
  return reasons.some(({ blocks }) => blocks.includes('relup'));
}
