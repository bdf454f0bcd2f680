import type { Inputs } from '../inputs.js';
import { messageOf } from '../message-of.js';
import { renderComment } from '../report/comment.js';
import type { Report } from '../report/report.js';
import type { World } from '../world.js';
import { GithubError, githubApi } from './api.js';
import { writeComment } from './comment.js';
import { type Found, findPullRequest } from './pull-request.js';
import { rollbackWorkflow } from './rollback-workflow.js';
import { type GithubRun, githubRun } from './run.js';

/**
 * Writes what a run did where people look for it. The verdict stands whatever becomes of this: nothing here throws.
 *
 * @returns a sentence about what could not be written, for a notice
 */
export async function tellGithub(
  report: Report,
  inputs: Pick<Inputs, 'comment' | 'githubToken' | 'pullRequest' | 'context'>,
  { environment, clock, log }: Pick<World, 'environment' | 'clock' | 'log'>,
): Promise<string | undefined> {
  const run = await githubRun(environment);
  if (run === undefined || !inputs.comment || report.status !== undefined) return undefined;
  const { githubToken: token } = inputs;
  if (token === undefined) {
    log.info('No comment was written: no `github-token` was given.');
    return undefined;
  }
  try {
    const api = githubApi(run, token, clock);
    const found = await pullRequestOf(report, inputs, () => findPullRequest(api, run, commitOf(report, run), clock));
    if (found.kind === 'none') {
      log.info(`No comment was written: ${found.why}.`);
      return undefined;
    }
    const rollbackUrl = await rollbackWorkflow(run, inputs.context);
    const { url = `#${found.number}` } = await writeComment(api, found.number, report.environment, (history) =>
      renderComment(report, { history, ...(rollbackUrl !== undefined && { rollbackUrl }) }),
    );
    log.info(`comment: ${url}`);
    return undefined;
  } catch (error) {
    return `The comment on the pull request could not be written: ${messageOf(error)}. The job's summary says the same.${hint(error)}`;
  }
}

function hint(error: unknown): string {
  return error instanceof GithubError && (error.status === 403 || error.status === 404)
    ? ' A comment takes `permissions: pull-requests: write`, which a run for a fork or by Dependabot does not have.'
    : '';
}

async function pullRequestOf(
  report: Report,
  { pullRequest }: Pick<Inputs, 'pullRequest'>,
  find: () => Promise<Found>,
): Promise<Found> {
  if (pullRequest !== undefined) return { kind: 'found', number: pullRequest };
  if (report.task === 'rollback' && report.tookBack?.commit === undefined) {
    return { kind: 'none', why: 'the image that ran does not say of which commit it is' };
  }
  return await find();
}

/** A rollback is about the change that it takes back. */
const commitOf = (report: Report, run: GithubRun) => report.tookBack?.commit ?? run.commit;
