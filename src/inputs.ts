import { contradiction } from './inputs/contradiction.js';
import type { From } from './inputs/from.js';
import { imageOfCommit } from './inputs/image-of-commit.js';
import { type Given, type OptionName, options, readOption } from './inputs/options.js';
import type { ProbeChoice } from './inputs/probe.js';
import type { Selector } from './inputs/selector.js';
import { UsageError } from './inputs/usage-error.js';

/** Everything a user can ask for, read, typed and checked. */
export interface Inputs {
  readonly mode: 'deploy' | 'plan' | 'rehearse' | 'rollback' | 'script' | 'status';
  /** At least one, save where `from` stands in for them. */
  readonly containers: readonly Selector[];
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
  readonly strategy: 'auto' | 'relup' | 'restart';
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

/**
 * The front doors give the text of each option; `environment` is asked only for what GitHub says about the run.
 * Fails with a UsageError before anything runs.
 */
export function readInputs(given: Given, environment: NodeJS.ProcessEnv): Inputs {
  const value = <N extends OptionName>(name: N) => readOption(name, given);
  const probe = value('probe');
  const probeIntervalMs = value('probe-interval');
  const nodeName = value('node-name');
  const cookie = value('cookie');
  const rehearseCommand = value('rehearse-command');
  const rehearseNetwork = value('rehearse-network');
  const to = value('to');
  const releaseCommand = value('release-command');
  const failOn = value('fail-on');
  const environmentUrl = value('environment-url');
  const githubToken = value('github-token');
  const pullRequest = value('pull-request');
  const mode = modeFor(value('mode'), to, environment);
  const from = value('from') ?? fromRecord(mode, given, environment);
  // The image of this commit is what a deploy makes, and says nothing about what was meant to run before.
  const image = value('image') ?? (mode === 'status' || mode === 'rollback' ? undefined : ownImage(environment));
  const inputs: Inputs = {
    mode,
    containers: someOf(value('containers') ?? [], from),
    ...(from && { from }),
    ...(image && { image }),
    ...(value('build') && mode !== 'status' && mode !== 'rollback' && { build: readBuild(given) }),
    context: value('context'),
    to: to ?? 'previous',
    strategy: value('strategy'),
    hotUpTo: value('hot-up-to'),
    ...(releaseCommand && { releaseCommand }),
    releaseCommandTimeoutMs: value('release-command-timeout'),
    // Asked to do nothing else, it does.
    rehearse: mode === 'rehearse' ? 'always' : value('rehearse'),
    ...(rehearseCommand && { rehearseCommand }),
    rehearseEnv: value('rehearse-env') ?? [],
    ...(rehearseNetwork && { rehearseNetwork }),
    ...(probe && { probe }),
    ...(probeIntervalMs !== undefined && { probeIntervalMs }),
    maxParallel: value('max-parallel'),
    maxUnavailable: value('max-unavailable'),
    canary: value('canary'),
    soakMs: value('soak'),
    healthTimeoutMs: value('health-timeout'),
    drainMs: value('drain'),
    lingering: value('lingering'),
    suspendTimeoutMs: value('suspend-timeout'),
    keep: value('keep'),
    onFailure: value('on-failure'),
    ...(failOn === 'restart' && { failOn }),
    ...(nodeName && { nodeName }),
    ...(cookie && { cookie }),
    environment: value('environment'),
    lockTimeoutMs: value('lock-timeout'),
    reportPath: value('report') ?? 'hot-deploy-report.json',
    bundlePath: value('bundle-path') ?? '.',
    scriptPath: value('script-path') ?? 'hot-deploy.sh',
    withEnv: value('with-env'),
    dryRun: value('dry-run'),
    preview: value('preview'),
    comment: value('comment'),
    deployment: value('deployment'),
    ...(environmentUrl && { environmentUrl }),
    ...(githubToken && { githubToken }),
    ...(pullRequest && { pullRequest }),
  };
  const message = contradiction(inputs, given);
  if (message !== undefined) throw new UsageError(message);
  return inputs;
}

function readBuild(given: Given): Build {
  const dockerfile = readOption('dockerfile', given);
  const target = readOption('target', given);
  return {
    args: readOption('build-args', given) ?? [],
    ...(dockerfile && { dockerfile }),
    ...(target && { target }),
  };
}

function modeFor(
  mode: 'auto' | Inputs['mode'],
  to: string | undefined,
  environment: NodeJS.ProcessEnv,
): Inputs['mode'] {
  if (mode !== 'auto') return mode;
  // Also `pull_request_target`, reviews and the merge queue: nothing of that may deploy what nobody has merged.
  if (/^(pull_request|merge_group$)/.test(environment['GITHUB_EVENT_NAME'] ?? '')) return 'plan';
  return to === undefined ? 'deploy' : 'rollback';
}

/** A run on GitHub that only asks needs to reach nothing of production: what is deployed is on record there. */
function fromRecord(mode: Inputs['mode'], given: Given, { GITHUB_REPOSITORY }: NodeJS.ProcessEnv): From | undefined {
  const isAsked = mode === 'plan' || mode === 'rehearse';
  return isAsked && !given('containers') && GITHUB_REPOSITORY ? { kind: 'last-deployment' } : undefined;
}

function someOf(selectors: readonly Selector[], from: From | undefined): readonly Selector[] {
  if (selectors.length > 0 || from !== undefined) return selectors;
  throw new UsageError(`\`containers\` is missing. Allowed: ${options.containers.kind.allowed}.`);
}

function ownImage(environment: NodeJS.ProcessEnv): string {
  const image = imageOfCommit(environment);
  if (image !== undefined) return image;
  throw new UsageError(
    `\`image\` is missing, and outside of GitHub Actions nothing stands for it. Allowed: ${options.image.kind.allowed}.`,
  );
}
