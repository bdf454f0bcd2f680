import { randomUUID } from 'node:crypto';
import type { Outcome, Report } from '../report/report.js';
import { verdict } from '../report/verdict.js';
import { type GithubApi, isUnsure } from './api.js';
import type { Attempt } from './run.js';

/** One entry in the repository's list of deployments. */
export interface Deployment {
  readonly id: number;
}

/** What is known when it begins. */
export interface DeploymentStart {
  readonly commit: string;
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
  { commit, environment, task, image, runUrl, attempt }: DeploymentStart,
): Promise<Deployment> {
  const key = randomUUID();
  const id = await create(api, key, {
    ref: commit,
    environment,
    task,
    auto_merge: false,
    required_contexts: [],
    description: `${task} by hot-deploy`,
    payload: { schema: 1, key, ...(image !== undefined && { image }), ...attempt },
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

/** As GitHub lists it. */
export interface Listed extends Deployment {
  /** What who made it has written into it; nothing where that was no object. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * The latest ones of an environment, the latest first, whoever made them.
 *
 * @throws GithubError
 */
export async function latestDeployments(api: GithubApi, environment: string, most = 10): Promise<readonly Listed[]> {
  const all = await api.get(`/deployments?environment=${encodeURIComponent(environment)}&per_page=${most}`);
  return Array.isArray(all) ? all.flatMap(listedFrom).slice(0, most) : [];
}

function listedFrom(value: unknown): readonly Listed[] {
  const { id, payload } = Object(value) as Record<string, unknown>;
  return typeof id === 'number' ? [{ id, payload: Object(payload) as Listed['payload'] }] : [];
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
    description: shortened(verdict(report)),
    ...logs(report.runUrl),
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
  });
}

export const logs = (runUrl: string | undefined) => (runUrl === undefined ? {} : { log_url: runUrl });

function shortened(text: string): string {
  return text.length <= longestDescription ? text : `${text.slice(0, longestDescription - 1).toWellFormed()}…`;
}
