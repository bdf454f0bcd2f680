import type { Cache } from '../analysis/cache.js';
import type { AnalysisContext } from '../analysis/context.js';
import type { AssessedTarget } from '../analysis/target.js';
import type { Inputs } from '../config/inputs.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import type { Method } from '../deployment/report.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { EntryDetails } from '../journal/entry.js';
import type { Reason } from '../reasons/reason.js';
import type { StrategyName } from '../reasons/strategies.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { UpdateContext, UpdateResult } from './context.js';
import type { Recovery } from './recovery.js';

/** One way of deploying. `index.ts` lists them, the one to be preferred first. */
export interface Strategy {
  readonly name: StrategyName;
  /** Decides whether it can bring a target to the next release, knowing why the strategies before it cannot. Changes nothing. */
  assess(target: AssessedTarget, ruledOut: readonly Reason[]): Promise<Assessment>;
  /**
   * The same for a target that is to go back to what ran in it before. Absent if it never leads back. What it has tried out to
   * know comes along, whatever the answer is.
   */
  assessReturn?(target: ReturningTarget): Promise<Assessment & { readonly rehearsal?: Rehearsal }>;
  /** Its update in case that a strategy before it is chosen and then fails, in the rehearsal or later; undefined if it could not. Asks nothing. */
  instead?(target: AssessedTarget): Update | undefined;
  readonly recovery: Recovery;
  /** Tries its updates out where nobody is served, each once; those that fail are ruled out. Absent if it cannot. */
  rehearse?(site: AnalysisContext, plans: readonly TargetPlan[]): Promise<readonly TargetPlan[]>;
}

export type Assessment =
  | { readonly kind: 'possible'; readonly update: Update; readonly remarks: readonly Reason[] }
  | { readonly kind: 'ruled-out'; readonly reasons: readonly Reason[] };

/** A target that is to go back, and what is left of what ran before. */
export interface ReturningTarget {
  readonly engine: Engine;
  readonly inputs: Inputs;
  /** The release to go back to. */
  readonly version: string;
  /** What a deploy of the older image would be, by a new container; without an update if that image is gone. */
  readonly plan: TargetPlan;
  /** What runs; absent if its node cannot be asked. */
  readonly running?: RunningRelease;
  /** The older image and its release; absent if the engine has it no more. */
  readonly site?: AnalysisContext;
  /** The container, stopped, that served that release from that image; absent if none was kept. */
  readonly kept?: ContainerDetails;
  readonly shared: Cache;
}

/** What will be done to one target, and why. */
export interface TargetPlan {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  /** The version that runs; absent if it could not be found out. */
  readonly from?: string;
  /** Why better strategies are ruled out, and remarks on this one. */
  readonly reasons: readonly Reason[];
  readonly rehearsal?: Rehearsal;
  /** Its node, and those that this one is connected to; absent if it cannot be asked. */
  readonly cluster?: {
    readonly node: string;
    readonly connected: readonly string[];
    /** Nodes in the same container. */
    readonly beside: readonly string[];
  };
  /** Where the release lies in the container; absent if that is unknown. */
  readonly root?: string;
  /** The release that is to run; absent if it runs, or its image is gone. */
  readonly next?: ImageRelease;
  /** Absent if there is nothing to do. */
  readonly update?: Update;
}

/** A plan that changes something. */
export type Changing = TargetPlan & { readonly update: Update };

/** An update of one target, with everything that its strategy has gathered for it. */
export interface Update {
  readonly method: Method;
  /** It loads into the running VM. */
  readonly hot: boolean;
  /** The version that it brings; undefined if that is unknown. */
  readonly version: string | undefined;
  /** What it does, in words, and what it brings into the container. */
  readonly artifact?: Artifact;
  /** How many processes of each module it holds, when the plan was made. */
  readonly holds?: Readonly<Record<string, number>>;
  /** The next best update, for when this one turns out to be impossible. */
  readonly instead?: Update;
  /**
   * What changes as one, as the tasks of a Swarm service: its updates have this very object, and keep in it what they share. They
   * are in one batch, whatever the canary and the batches are, and take the next best update all or none.
   */
  readonly group?: object;
  /** What the journal has to know of it. */
  entry(plan: TargetPlan): Pick<EntryDetails, 'way' | 'kept' | 'brought' | 'wayBack'>;
  /**
   * Checks once more whether the target could be brought there, and brings along what that takes; nobody notices. All targets of a
   * run are prepared before one is changed. Undefined if it is ready, else why not: then it has left nothing. Absent if there is
   * nothing to prepare.
   */
  prepare?(work: UpdateContext, plan: TargetPlan): Promise<UpdateResult | undefined>;
  /** Takes away what was prepared: the run does not come to this target. */
  abandon?(work: UpdateContext, plan: TargetPlan): Promise<void>;
  /** Changes nothing by itself. */
  open(work: UpdateContext, plan: TargetPlan): OpenUpdate;
}

/** A hot load's files as they are published. Plans that share one share this very object. */
export interface Artifact {
  readonly from: string;
  readonly to: string;
  readonly artifact: Buffer;
  readonly applications: readonly string[];
  readonly words: readonly Sentence[];
}

/** One thing that an update does, in words. */
export interface Sentence {
  readonly text: string;
  /** The module whose processes it holds: how many they are differs from container to container. */
  readonly holds?: string;
}

/** An update of one target that is carried out: first to where it can still go back, then for good. */
export interface OpenUpdate {
  /** Brings the target to the new version, and leaves the way back open. What fails goes back by itself. */
  apply(): Promise<UpdateResult>;
  /** Why the target is not, or not any more, what it was brought to, to be read after its name; undefined if it is. */
  unlike(ended: UpdateResult): Promise<string | undefined>;
  /** Waits for what takes its time before the commit, and closes no way back. */
  drain(ended: UpdateResult): Promise<UpdateResult>;
  /** Makes it final, once the whole fleet has come through. */
  commit(ended: UpdateResult): Promise<UpdateResult>;
  /** Goes back after it came through, since the fleet does; `why` is a sentence without its stop. */
  rollback(why: string): Promise<UpdateResult>;
}

export function isChanging(plan: TargetPlan): plan is Changing {
  return plan.update !== undefined;
}

/** The version that a plan brings, or leaves as it is; undefined if that is unknown. */
export function versionBy({ update, from }: TargetPlan): string | undefined {
  return update === undefined ? from : update.version;
}

/** What keeps a deploy from being carried out by any strategy, each once. */
export function blocking(plans: readonly Pick<TargetPlan, 'reasons'>[]): readonly Reason[] {
  const all = plans.flatMap(({ reasons }) => reasons.filter(({ blocks }) => blocks.includes('recreate')));
  return [...new Map(all.map((reason) => [reason.message, reason])).values()];
}

/** Whether one of the reasons that a strategy has found is more than a remark. */
export function closed(reasons: readonly Reason[]): boolean {
  return reasons.some(({ blocks }) => blocks.length > 0);
}
