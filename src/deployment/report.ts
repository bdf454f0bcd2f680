import type { Window } from '../probe/window.js';
import type { Reason } from '../reasons/reason.js';
import { type StrategyName, strategyNames } from '../reasons/strategies.js';
import type { ProcessNote } from '../release/processes.js';
import type { Drift, Tally } from './drift.js';

export type Outcome = 'planned' | 'unchanged' | 'deployed' | 'rolled-back' | 'refused' | 'failed';
/** The strategy that brings a target to another version. */
export type Method = StrategyName | 'none';

export function isHot(method: Method): boolean {
  return method !== 'none' && strategyNames[method].hot;
}

/** The one record of a run. Every figure in a comment, a summary or a terminal comes from here. */
export interface Report {
  readonly schema: 1;
  readonly outcome: Outcome;
  readonly method: Method;
  /** Where it was no deploy. */
  readonly task?: 'rollback' | 'script';
  /** The run got SIGINT or SIGTERM; the outcome says what came of it. */
  readonly cancelled?: true;
  /** Of a rollback: what ran. */
  readonly tookBack?: Made;
  /** Of a rollback: what was to run. */
  readonly wentTo?: Made;
  /** Of a plan that asked no container. */
  readonly comparedWith?: ComparedWith;
  /** Of a plan: what deploys by the same method have measured so far; absent where GitHub knows of none. */
  readonly expected?: Expected;
  /** Release versions; absent where none could be read. */
  readonly from?: string;
  readonly to?: string;
  readonly environment: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly reasons: readonly Reason[];
  readonly containers: readonly ContainerReport[];
  readonly timeline: readonly TimelineEvent[];
  readonly image?: { readonly reference: string; readonly id: string; readonly previousId?: string };
  /** Without a path where it was made and not written. */
  readonly bundle?: { readonly path?: string; readonly bytes: number; readonly applications: readonly string[] };
  /** The bash script that does the same where nothing else is left; absent where none was written. */
  readonly script?: { readonly path: string };
  /** What the relup does, in words, one a line. */
  readonly instructions: readonly string[];
  readonly warnings: readonly string[];
  readonly runUrl?: string;
  /** Only of `status`: how many containers are in which state. */
  readonly status?: Tally;
  /** Only of `status`: who holds the environment's lock. */
  readonly lock?: { readonly by: string; readonly since: string };
  /** Only of `uninstall`: what is there of hot-deploy, and what became of it. */
  readonly uninstalled?: readonly Uninstalled[];
  /** What interrupted runs had left, and what was done about it before anything else. */
  readonly recovered?: readonly Recovered[];
  /** The command that ran once before the first container changed; absent where none was to run. */
  readonly releaseCommand?: ReleaseCommandReport;
  /** The sentence for a person when the outcome is refused, rolled-back or failed. */
  readonly message?: string;
  /** Lines of another program whose failure it was, at its end. Nobody knows what is in them: no comment shows them. */
  readonly output?: readonly string[];
}

export interface ReleaseCommandReport {
  /** Its words. */
  readonly command: string;
  /** Whose environment, mounts and networks it had. */
  readonly container: string;
  readonly outcome: 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'not-started';
  readonly exitCode?: number;
  readonly ms: number;
  /** Its last lines, without values of the environment. Nobody knows what else is in them: no comment shows them. */
  readonly output: readonly string[];
}

/** Downtime of one container, the worst of each deploy. */
export interface Expected {
  /** At least one. */
  readonly deploys: number;
  readonly medianMs: number;
  readonly mostMs: number;
}

/** What stood for what runs. */
export interface ComparedWith {
  readonly what: 'image' | 'last-deployment' | 'base-branch';
  /** Its reference; a commit where it has none. */
  readonly image: string;
  readonly commit?: string;
  /** When it was deployed, ISO 8601. */
  readonly at?: string;
}

/** Where a version comes from. */
export interface Made {
  readonly image: string;
  /** Absent where the image does not say. */
  readonly commit?: string;
}

export interface Uninstalled {
  readonly what: 'lock' | 'kept container' | 'throw-away container' | 'journal';
  /** The container's: for a journal, of the one that it lies in. */
  readonly name: string;
  readonly state: 'found' | 'removed' | 'left';
  /** Why it was left. */
  readonly why?: string;
}

export interface Recovered {
  readonly container: string;
  readonly what: 'finished' | 'undone';
  /** To be read after the container's name. */
  readonly how: string;
  /** Whose it was, and its last step on record; absent where nothing could be written down. */
  readonly run?: string;
  readonly by?: string;
  /** ISO 8601. */
  readonly at?: string;
}

export interface ContainerReport {
  readonly name: string;
  readonly id: string;
  readonly engine: string;
  readonly outcome: Outcome;
  readonly method: Method;
  readonly from?: string;
  readonly to?: string;
  readonly reasons: readonly Reason[];
  /** How the upgrade went on a throw-away container; absent where none was tried. */
  readonly rehearsal?: RehearsalReport;
  readonly phases: readonly Phase[];
  readonly downtime?: Downtime;
  /** What failed requests got, by kind; absent if none failed. */
  readonly failures?: readonly Failures[];
  readonly latency?: LatencyByPeriod;
  readonly proof?: Proof;
  /** Why the node could not be asked what it runs: then the container, its image and the probe are all that speaks for it. */
  readonly unasked?: string;
  /** Processes still in old code after the drain. */
  readonly lingering: readonly ProcessNote[];
  readonly notMigrated: readonly ProcessNote[];
  /** Only after a re-creation: settings compared before and after, save image and id. */
  readonly settings?: { readonly equal: boolean; readonly differing: readonly string[] };
  /** What stays of earlier deploys for a way back, and what was removed since there was enough. */
  readonly earlier?: Earlier;
  /** Only of `status`: what it runs against what its image says. */
  readonly drift?: Drift;
  readonly message?: string;
}

export interface Earlier {
  /** Stopped containers, the one that served last first; without a size where the engine could not tell it. */
  readonly containers: readonly {
    readonly name: string;
    readonly id: string;
    readonly image: string;
    readonly bytes?: number;
  }[];
  /** Releases inside the container beside the one that runs. */
  readonly releases: readonly { readonly version: string; readonly bytes: number }[];
  /** Names of containers and versions of releases. */
  readonly removed: readonly string[];
  readonly bytesFreed?: number;
}

export interface RehearsalReport {
  readonly kind: 'passed' | 'failed' | 'unrehearsed';
  /** What it took, container and all, and one cold boot of the new release on the same machine. */
  readonly ms: number;
  readonly bootMs?: number;
  /** How the container goes back should the deploy fail. */
  readonly wayBack?: 'downgrade' | 'restart';
  /** What differs from a cold boot and does no harm; why it could not be tried. */
  readonly remarks: readonly string[];
}

export interface Phase {
  readonly name: string;
  readonly ms: number;
}

/** Measured from outside over the whole window. */
export interface Downtime {
  /** Sum of the times from each first failed request to the next answered one. */
  readonly ms: number;
  /** Longest time without an answer: between two answered requests that follow each other, or up to the end of the measurement. */
  readonly longestGapMs: number;
  readonly requests: number;
  readonly failed: number;
}

/** Requests that failed in the same way, from the first to the last of them: milliseconds since the run began. */
export interface Failures {
  /** `connection refused`, `status 500`. */
  readonly what: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

export interface LatencyByPeriod {
  readonly before: Window;
  readonly during: Window;
  readonly after: Window;
}

export interface TimelineEvent {
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly ms: number;
  readonly container?: string;
  readonly label: string;
}

/** That what runs equals a cold boot of the new release. */
export interface Proof {
  readonly modules: { readonly expected: number; readonly matching: number; readonly differing: readonly string[] };
  readonly versions: Readonly<Record<string, string>>;
  /** Keys only (`app:key`): values may be secrets. */
  readonly environment: { readonly matching: number; readonly differing: readonly string[] };
  readonly protocols: { readonly expected: number; readonly matching: number; readonly differing: readonly string[] };
  readonly supervision: { readonly expected: number; readonly matching: number; readonly differing: readonly string[] };
  /** Registered names, named tables and keys of persistent terms. */
  readonly registrations: {
    readonly expected: number;
    readonly matching: number;
    readonly differing: readonly string[];
  };
  readonly processes: { readonly oldCode: readonly ProcessNote[]; readonly notMigrated: readonly ProcessNote[] };
  readonly vm: { readonly sameProcess: boolean; readonly uptimeMs: number };
  /** What could not be compared, in words. */
  readonly notCompared: readonly string[];
  readonly converged: boolean;
}
