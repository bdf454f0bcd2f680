import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { EarlierDeployments, RunContext } from '../deployment/run-context.js';
import { pastOf, renderComment } from '../report/comment.js';
import { type GithubRun, githubRun } from '../source/run.js';
import { messageOf } from '../system/message-of.js';
import { type GithubApi, githubApi, isDenied } from './api.js';
import { writeComment } from './comment.js';
import { endCutOff } from './cut-off.js';
import { beginDeployment, breakOffDeployment, type Deployment, endDeployment } from './deployment.js';
import { earlierDeployments } from './earlier-deployments.js';
import { type Found, findPullRequest } from './pull-request.js';
import { rollbackWorkflow } from './rollback-workflow.js';

/** Writes what a run does where people look for it. The verdict stands whatever becomes of that: nothing here throws. */
export interface GithubReporting {
  /** Absent where GitHub cannot be asked. */
  readonly deployments?: EarlierDeployments;
  /** Once a run has ended; sentences about what could not be written, for one notice. `log` are its own last lines. */
  end(report: Report, log?: readonly string[]): Promise<readonly string[]>;
  /** Once it has ended by an error, without a report: what became of it nobody knows. */
  breakOff(): Promise<void>;
}

type Asked = Pick<
  Inputs,
  | 'comment'
  | 'context'
  | 'deployment'
  | 'dryRun'
  | 'environment'
  | 'environmentUrl'
  | 'githubToken'
  | 'image'
  | 'mode'
  | 'pullRequest'
>;

type Surroundings = Pick<RunContext, 'environment' | 'clock' | 'log'>;

const silent: GithubReporting = { end: async () => [], breakOff: async () => undefined };

/** Says that a deploy has begun; nobody waits for that before the run has ended. */
export async function openGithub(inputs: Asked, world: Surroundings): Promise<GithubReporting> {
  const run = await githubRun(world.environment);
  if (run === undefined) return silent;
  const { githubToken: token } = inputs;
  if (token === undefined) {
    world.log.debug('Nothing is written to GitHub: no `github-token` was given.');
    return silent;
  }
  const api = githubApi(run, token, world.clock);
  const begun = begin(api, run, inputs);
  // It is asked after in the end.
  begun?.catch(() => undefined);
  return {
    deployments: earlierDeployments(api),
    end: async (report, tail = []) => {
      const unwritten = [
        await attempt('deployment', 'deployments: write', async () => {
          const deployment = await (begun ?? beginRollback(api, run, inputs, report));
          if (deployment === undefined) return;
          await endDeployment(api, deployment, report, inputs.environmentUrl);
          await endCutOff(api, run, inputs.environment, deployment, world.log);
        }),
        await attempt('comment on the pull request', 'pull-requests: write', () =>
          comment(api, run, inputs, world, report, tail),
        ),
      ];
      return unwritten.flatMap((sentence) => sentence ?? []);
    },
    breakOff: async () => {
      await attempt('deployment', 'deployments: write', async () => {
        const deployment = await begun;
        if (deployment !== undefined) await breakOffDeployment(api, deployment, run.url);
      });
    },
  };
}

const isListed = ({ deployment, dryRun }: Asked) => deployment && !dryRun;

function begin(api: GithubApi, { commit, url, attempt }: GithubRun, inputs: Asked): Promise<Deployment> | undefined {
  const { environment, image, mode } = inputs;
  if (!isListed(inputs) || mode !== 'deploy') return undefined;
  return beginDeployment(api, {
    commit,
    environment,
    task: 'deploy',
    ...(image !== undefined && { image }),
    ...(url !== undefined && { runUrl: url }),
    ...(attempt && { attempt }),
  });
}

/** Only in the end it is known to which commit a rollback went. */
async function beginRollback(
  api: GithubApi,
  run: GithubRun,
  inputs: Asked,
  { wentTo, image, runUrl }: Report,
): Promise<Deployment | undefined> {
  if (!isListed(inputs) || inputs.mode !== 'rollback') return undefined;
  return await beginDeployment(api, {
    commit: wentTo?.commit ?? run.commit,
    isUnknown: wentTo?.commit === undefined,
    environment: inputs.environment,
    task: 'rollback',
    ...(image && { image: image.reference }),
    ...(runUrl !== undefined && { runUrl }),
    ...(run.attempt && { attempt: run.attempt }),
  });
}

async function comment(
  api: GithubApi,
  run: GithubRun,
  inputs: Asked,
  { clock, log }: Surroundings,
  report: Report,
  tail: readonly string[],
): Promise<void> {
  if (!inputs.comment || report.status !== undefined || inputs.mode === 'script' || inputs.mode === 'uninstall') return;
  const found = await pullRequestOf(report, inputs, (takenBack) => findPullRequest(api, run, takenBack, clock));
  if (found.kind === 'none') {
    log.info(`No comment was written: ${found.why}.`);
    return;
  }
  const rollbackUrl = await rollbackWorkflow(run, inputs.context);
  const { url = `#${found.number}` } = await writeComment(api, clock, found.number, {
    environment: report.environment,
    own: pastOf(report),
    render: (history) =>
      renderComment(report, { history, log: tail, ...(rollbackUrl !== undefined && { rollbackUrl }) }),
  });
  log.info(`comment: ${url}`);
}

/** A rollback is about the change that it takes back. */
async function pullRequestOf(
  { task, outcome, tookBack }: Report,
  { pullRequest }: Pick<Inputs, 'pullRequest'>,
  find: (takenBack?: string) => Promise<Found>,
): Promise<Found> {
  if (pullRequest !== undefined) return { kind: 'found', number: pullRequest };
  if (task !== 'rollback') return await find();
  if (tookBack?.commit !== undefined) return await find(tookBack.commit);
  const isBefore = outcome === 'refused' && tookBack === undefined;
  const why = isBefore ? 'nothing was taken back' : 'the image that ran does not say of which commit it is';
  return { kind: 'none', why };
}

async function attempt(what: string, permission: string, work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const hint = isDenied(error)
      ? ` It takes \`permissions: ${permission}\`, which a run for a fork or by Dependabot does not have.`
      : '';
    return `The ${what} could not be written: ${messageOf(error)}. The job's summary says the same.${hint}`;
  }
}
