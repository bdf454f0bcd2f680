import { type Attempt, attemptOf, type GithubRun } from '../source/run.js';
import type { Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import type { GithubApi } from './api.js';
import { addStatus, type Deployment, logs } from './deployment.js';
import { isOwn, type Listed, latestDeployments, statusesOf } from './listed-deployments.js';

/** Each run that ends looks at those before it, so behind a few that have ended there is nothing left to do. */
const enoughEnded = 3;

interface Begun extends Deployment {
  readonly attempt: Attempt;
}

/**
 * Ends the deployments of earlier runs that were cut off and could not do so themselves. It is a help, and no promise: what
 * cannot be seen or written, where the token may not read runs above all, stays as it is. Never throws.
 *
 * @param own the one that this run has made
 */
export async function endCutOff(
  api: GithubApi,
  run: GithubRun,
  environment: string,
  own: Deployment,
  log: Pick<Log, 'debug'>,
): Promise<void> {
  try {
    let ended = 0;
    for (const deployment of (await latestDeployments(api, environment)).flatMap(begunBy)) {
      if (deployment.id === own.id) continue;
      if (await isOpen(api, deployment)) await endIfOver(api, run, deployment);
      else if (++ended === enoughEnded) return;
    }
  } catch (error) {
    log.debug(`Deployments of runs that were cut off stay as they are: ${messageOf(error)}.`);
  }
}

/** Those that hot-deploy has made, and of which it is known by which run. */
function begunBy(listed: Listed): readonly Begun[] {
  const attempt = isOwn(listed) ? attemptOf(listed.payload) : undefined;
  return attempt === undefined ? [] : [{ id: listed.id, attempt }];
}

/** Whether it is said to be under way; one that was cut off at once has no state at all. */
async function isOpen(api: GithubApi, deployment: Deployment): Promise<boolean> {
  const [latest] = await statusesOf(api, deployment, 1);
  return latest === undefined || latest.state === 'in_progress';
}

async function endIfOver(api: GithubApi, run: GithubRun, deployment: Begun): Promise<void> {
  const { run: number } = deployment.attempt;
  if (!(await isOver(api, run, deployment.attempt))) return;
  // Only now nothing is written any more by that run: it may have said between the two looks how it ended.
  if (!(await isOpen(api, deployment))) return;
  await addStatus(api, deployment.id, {
    state: 'error',
    description: 'Cut off: the run was over before it could say how the deploy ended.',
    ...logs(`${run.serverUrl}/${run.owner}/${run.repository}/actions/runs/${number}`),
  });
}

/** A run is started again only once it is over. */
async function isOver(api: GithubApi, { attempt: own }: GithubRun, theirs: Attempt): Promise<boolean> {
  if (own?.run === theirs.run) return theirs.attempt < own.attempt;
  const answer = await api.get(`/actions/runs/${theirs.run}`);
  const { status, run_attempt: latest } = Object(answer) as {
    readonly status?: unknown;
    readonly run_attempt?: unknown;
  };
  return status === 'completed' || (typeof latest === 'number' && latest > theirs.attempt);
}
