import { hotOptions, type StrategyOption } from '../reasons/strategies.js';
import type { From } from './from.js';
import type { ProbeChoice } from './probe.js';
import type { Selector } from './selector.js';

/** Everything a user can ask for, read, typed and checked. */
export interface Inputs {
  readonly mode: 'deploy' | 'plan' | 'rehearse' | 'rollback' | 'script' | 'status' | 'uninstall';
  /** At least one, save where `from` stands in for them. */
  readonly containers: readonly Selector[];
  /** Those in the containers, or all of the cluster that these are in. */
  readonly nodes: 'containers' | 'cluster';
  readonly from?: From;
  /**
   * Absent only for `status`, where each container's own reference is meant then, and for `rollback`, where the name that
   * moves is the one that was deployed.
   */
  readonly image?: string;
  /** Absent where `image` exists already. */
  readonly build?: Build;
  /** The repository's folder: what the image is built from, and where hand-written appups lie. */
  readonly context: string;
  /** What a rollback goes back to. */
  readonly to: string;
  readonly strategy: 'auto' | StrategyOption;
  readonly hotUpTo: 'patch' | 'minor' | 'major';
  /** Words of the command that runs once before the first container changes. */
  readonly releaseCommand?: readonly string[];
  readonly releaseCommandTimeoutMs: number;
  readonly rehearse: 'auto' | 'always' | 'never';
  readonly rehearseCommand?: string;
  /** `KEY=VALUE`. May hold secrets. */
  readonly rehearseEnv: readonly string[];
  readonly rehearseNetwork?: string;
  /** Absent: the image's HEALTHCHECK, if it has one. */
  readonly probe?: ProbeChoice;
  /** Absent: as usual for the kind of probe. */
  readonly probeIntervalMs?: number;
  readonly maxParallel: number;
  /** How many containers may be down at once. */
  readonly maxUnavailable: number;
  /** Zero: none goes first. */
  readonly canary: number;
  readonly soakMs: number;
  readonly healthTimeoutMs: number;
  readonly drainMs: number;
  readonly lingering: 'keep' | 'kill' | 'restart';
  readonly suspendTimeoutMs: number;
  /** How many earlier versions stay for a way back. Zero: none. */
  readonly keep: number;
  readonly onFailure: 'rollback' | 'restart' | 'stop';
  /** What makes a plan a failure. */
  readonly failOn?: 'restart';
  /** Absent: detected. */
  readonly nodeName?: string;
  /** Absent: detected. */
  readonly cookie?: string;
  /** Names the lock. */
  readonly environment: string;
  readonly lockTimeoutMs: number;
  readonly reportPath: string;
  /** A folder, or a file that ends with `.tar.gz`. */
  readonly bundlePath: string;
  readonly scriptPath: string;
  /** Those of these files whose place nobody named: they are written only if something changed. */
  readonly unnamed: ReadonlySet<'report' | 'bundle-path' | 'script-path'>;
  /** Whether the script may hold values of the environment. */
  readonly withEnv: boolean;
  readonly dryRun: boolean;
  /** Whether the comment is written as a page beside the report. */
  readonly preview: boolean;
  /** Absent: nothing is written to GitHub. */
  readonly githubToken?: string;
  readonly comment: boolean;
  /** Whether it is listed among the repository's deployments. */
  readonly deployment: boolean;
  readonly environmentUrl?: string;
  /** Absent: found by the commit. */
  readonly pullRequest?: number;
}

export interface Build {
  readonly dockerfile?: string;
  /** `KEY=VALUE`, or `KEY` to take the value from the environment, as for `docker build`. */
  readonly args: readonly string[];
  readonly target?: string;
}

/** Where files go whose place nobody named. */
export const ownFolder = '.hot-deploy';

/** The hot strategy that is asked for by its name, which allows no other and no restart. */
export function onlyHot({ strategy }: Pick<Inputs, 'strategy'>): string | undefined {
  return hotOptions.includes(strategy) ? strategy : undefined;
}
