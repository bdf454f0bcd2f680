import type { Inputs } from '../inputs.js';
import { messageOf } from '../message-of.js';
import { renderComment } from '../report/comment.js';
import type { Report } from '../report/report.js';
import type { World } from '../world.js';
import { type GithubApi, GithubError, githubApi } from './api.js';
import { writeComment } from './comment.js';
import { beginDeployment, type Deployment, endDeployment } from './deployment.js';
import { type Found, findPullRequest } from './pull-request.js';
import { rollbackWorkflow } from './rollback-workflow.js';
import { type GithubRun, githubRun } from './run.js';

/** Writes what a run does where people look for it. The verdict stands whatever becomes of that: nothing here throws. */
export interface GithubReporting {
  /** Once a run has ended; sentences about what could not be written, for notices. */
  end(report: Report): Promise<readonly string[]>;
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

type Surroundings = Pick<World, 'environment' | 'clock' | 'log'>;

const silent: GithubReporting = { end: async () => [] };

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
    end: async (report) => {
      const unwritten = [
        await attempt('deployment', 'deployments: write', async () => {
          const deployment = await (begun ?? beginRollback(api, run, inputs, report));
          if (deployment !== undefined) await endDeployment(api, deployment, report, inputs.environmentUrl);
        }),
        await attempt('comment on the pull request', 'pull-requests: write', () =>
          comment(api, run, inputs, world, report),
        ),
      ];
      return unwritten.flatMap((sentence) => sentence ?? []);
    },
  };
}

const isListed = ({ deployment, dryRun }: Asked) => deployment && !dryRun;

function begin(api: GithubApi, { commit, url }: GithubRun, inputs: Asked): Promise<Deployment> | undefined {
  const { environment, image, mode } = inputs;
  if (!isListed(inputs) || mode !== 'deploy') return undefined;
  return beginDeployment(api, {
    commit,
    environment,
    task: 'deploy',
    ...(image !== undefined && { image }),
    ...(url !== undefined && { runUrl: url }),
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
    environment: inputs.environment,
    task: 'rollback',
    ...(image && { image: image.reference }),
    ...(runUrl !== undefined && { runUrl }),
  });
}

async function comment(
  api: GithubApi,
  run: GithubRun,
  inputs: Asked,
  { clock, log }: Surroundings,
  report: Report,
): Promise<void> {
  if (!inputs.comment || report.status !== undefined || inputs.mode === 'script') return;
  const found = await pullRequestOf(report, inputs, (commit) => findPullRequest(api, run, commit ?? run.commit, clock));
  if (found.kind === 'none') {
    log.info(`No comment was written: ${found.why}.`);
    return;
  }
  const rollbackUrl = await rollbackWorkflow(run, inputs.context);
  const { url = `#${found.number}` } = await writeComment(api, found.number, report.environment, (history) =>
    renderComment(report, { history, ...(rollbackUrl !== undefined && { rollbackUrl }) }),
  );
  log.info(`comment: ${url}`);
}

/** A rollback is about the change that it takes back. */
async function pullRequestOf(
  { task, outcome, tookBack }: Report,
  { pullRequest }: Pick<Inputs, 'pullRequest'>,
  find: (commit?: string) => Promise<Found>,
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
    const isDenied = error instanceof GithubError && (error.status === 403 || error.status === 404);
    const hint = isDenied
      ? ` It takes \`permissions: ${permission}\`, which a run for a fork or by Dependabot does not have.`
      : '';
    return `The ${what} could not be written: ${messageOf(error)}. The job's summary says the same.${hint}`;
  }
}
