import { randomUUID } from 'node:crypto';
import type { Outcome, Report } from '../deployment/report.js';
import { verdict } from '../report/verdict.js';
import type { Attempt } from '../source/run.js';
import { type GithubApi, isUnsure } from './api.js';
import { latestDeployments } from './listed-deployments.js';
import { measuredMark } from './measured.js';

/** One entry in the repository's list of deployments. */
export interface Deployment {
  readonly id: number;
}

/** What is known when it begins. */
export interface DeploymentStart {
  readonly commit: string;
  /** Whether nobody knows of which commit it is: GitHub wants one all the same. */
  readonly isUnknown?: boolean;
  readonly environment: string;
  readonly task: 'deploy' | 'rollback';
  /** The image's reference: whoever looks for what ran before finds it here. */
  readonly image?: string;
  readonly runUrl?: string;
  /** By it others see whether the run is over. */
  readonly attempt?: Attempt;
}

/** GitHub turns longer ones away. */
const longestDescription = 140;

/**
 * Says that a deploy has begun. It waits for no other check and merges nothing: the workflow has decided that already.
 *
 * @throws GithubError
 */
export async function beginDeployment(
  api: GithubApi,
  { commit, isUnknown = false, environment, task, image, runUrl, attempt }: DeploymentStart,
): Promise<Deployment> {
  const key = randomUUID();
  const id = await create(api, key, {
    ref: commit,
    environment,
    task,
    auto_merge: false,
    required_contexts: [],
    description: `${task} by hot-deploy`,
    payload: {
      schema: 1,
      key,
      ...(image !== undefined && { image }),
      ...(isUnknown && { commit: 'unknown' }),
      ...attempt,
    },
  });
  // Whether its beginning is shown or not, it is to have its end.
  await addStatus(api, id, { state: 'in_progress', ...logs(runUrl) }).catch(() => undefined);
  return { id };
}

/** Where it is not known whether it was made, it is looked for by the key in its payload before it is made once more. */
async function create(
  api: GithubApi,
  key: string,
  body: { readonly environment: string; readonly [field: string]: unknown },
): Promise<number> {
  try {
    return idOf(await api.post('/deployments', body));
  } catch (error) {
    if (!isUnsure(error)) throw error;
    const made = (await latestDeployments(api, body.environment)).find(({ payload }) => payload['key'] === key);
    return made?.id ?? idOf(await api.post('/deployments', body));
  }
}

function idOf(answer: unknown): number {
  const { id } = Object(answer) as { readonly id?: unknown };
  if (typeof id !== 'number') throw new Error('GitHub made a deployment and does not say which.');
  return id;
}

/** @throws GithubError */
export async function addStatus(
  api: GithubApi,
  id: number,
  status: { readonly state: string; readonly [field: string]: unknown },
): Promise<void> {
  // The same one twice says nothing else than once.
  await api.post(`/deployments/${id}/statuses`, status, 'repeat');
}

const states = {
  planned: 'inactive',
  unchanged: 'success',
  deployed: 'success',
  'rolled-back': 'failure',
  refused: 'failure',
  failed: 'error',
} as const satisfies Readonly<Record<Outcome, string>>;

/**
 * Says how it ended. After a success GitHub takes those before it in the environment for no longer active.
 *
 * @throws GithubError
 */
export async function endDeployment(
  api: GithubApi,
  { id }: Deployment,
  report: Report,
  environmentUrl: string | undefined,
): Promise<void> {
  await addStatus(api, id, {
    state: states[report.outcome],
    description: describe(report),
    ...logs(report.runUrl),
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
  });
}

/**
 * Says that it ended by an error, and that nobody knows how.
 *
 * @throws GithubError
 */
export async function breakOffDeployment(
  api: GithubApi,
  { id }: Deployment,
  runUrl: string | undefined,
): Promise<void> {
  // What an error that nobody expected has in its message nobody knows either.
  await addStatus(api, id, { state: 'error', description: 'Broken off by an error: see the log.', ...logs(runUrl) });
}

export const logs = (runUrl: string | undefined) => (runUrl === undefined ? {} : { log_url: runUrl });

/** The verdict, as far as there is room for it, and at its end what the next plan reads there. */
function describe(report: Report): string {
  const mark = report.outcome === 'deployed' ? measuredMark(report) : '';
  return shortened(verdict(report), longestDescription - mark.length) + mark;
}

const shortened = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
