import { contradictions } from './contradiction.js';
import type { From } from './from.js';
import { imageOfCommit } from './image-of-commit.js';
import { type Build, type Inputs, ownFolder } from './inputs.js';
import { type Given, type OptionName, optionNames, options, readOption, type Value } from './options.js';
import { type Before, Mistakes } from './usage-error.js';

const files = ['report', 'bundle-path', 'script-path'] as const satisfies readonly OptionName[];

/**
 * The front doors give the text of each option; `environment` is asked only for what GitHub says about the run.
 * Fails before anything runs with one UsageError that tells all mistakes, also those that the front door found before.
 */
export function readInputs(given: Given, environment: NodeJS.ProcessEnv, before: Before = { sentences: [] }): Inputs {
  const mistakes = new Mistakes(before.sentences);
  const mistaken = new Set<OptionName>(before.about === undefined ? [] : [before.about]);
  const values = new Map<OptionName, unknown>();
  for (const name of optionNames) {
    const instead = () => {
      mistaken.add(name);
      // Nobody gets these inputs; the standard is what the other options are checked with.
      return readOption(name, () => undefined);
    };
    values.set(
      name,
      mistakes.collect<unknown>(() => readOption(name, given), instead),
    );
  }
  const value = <N extends OptionName>(name: N) => values.get(name) as Value<N>;
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
  const image = value('image') ?? (makesImage(mode) ? imageOfCommit(environment) : undefined);
  const inputs: Inputs = {
    mode,
    containers: value('containers') ?? [],
    nodes: value('nodes'),
    ...(from && { from }),
    ...(image && { image }),
    ...(value('build') && makesImage(mode) && { build: readBuild(value) }),
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
    reportPath: value('report') ?? `${ownFolder}/report.json`,
    bundlePath: value('bundle-path') ?? ownFolder,
    scriptPath: value('script-path') ?? `${ownFolder}/hot-deploy.sh`,
    unnamed: new Set(files.filter((name) => !given(name))),
    withEnv: value('with-env'),
    dryRun: value('dry-run'),
    preview: value('preview'),
    comment: value('comment'),
    deployment: value('deployment'),
    ...(environmentUrl && { environmentUrl }),
    ...(githubToken && { githubToken }),
    ...(pullRequest && { pullRequest }),
  };
  for (const name of missing(inputs)) if (!mistaken.has(name) && !mistaken.has('mode')) mistakes.add(saysMissing[name]);
  for (const each of contradictions(inputs, given, mistaken)) mistakes.add(each);
  mistakes.check();
  return inputs;
}

/** Whether it is about a new image. */
function makesImage(mode: Inputs['mode']): boolean {
  return !['rollback', 'status', 'uninstall'].includes(mode);
}

function readBuild(value: <N extends OptionName>(name: N) => Value<N>): Build {
  const dockerfile = value('dockerfile');
  const target = value('target');
  return {
    args: value('build-args') ?? [],
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

const saysMissing = {
  containers: `\`containers\` is missing. Allowed: ${options.containers.kind.allowed}.`,
  image: `\`image\` is missing, and outside of GitHub Actions nothing stands for it. Allowed: ${options.image.kind.allowed}.`,
} as const;

function missing({ containers, from, image, mode, build }: Inputs): readonly (keyof typeof saysMissing)[] {
  const hasTarget = containers.length > 0 || from !== undefined;
  // Without `build` the contradictions say the same, and what else can be done.
  const hasImage = image !== undefined || !makesImage(mode) || build === undefined;
  return [...(hasTarget ? [] : (['containers'] as const)), ...(hasImage ? [] : (['image'] as const))];
}
