import type { Outcome, Report } from '../report/report.js';
import { verdict } from '../report/verdict.js';
import type { GithubApi } from './api.js';
import { measuredMark } from './measured.js';

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
  { commit, environment, task, image, runUrl }: DeploymentStart,
): Promise<Deployment> {
  const answer = await api.post('/deployments', {
    ref: commit,
    environment,
    task,
    auto_merge: false,
    required_contexts: [],
    description: `${task} by hot-deploy`,
    payload: { schema: 1, ...(image !== undefined && { image }) },
  });
  const { id } = Object(answer) as { readonly id?: unknown };
  if (typeof id !== 'number') throw new Error('GitHub made a deployment and does not say which.');
  await api.post(`/deployments/${id}/statuses`, { state: 'in_progress', ...logs(runUrl) });
  return { id };
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
  await api.post(`/deployments/${id}/statuses`, {
    state: states[report.outcome],
    description: describe(report),
    ...logs(report.runUrl),
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
  });
}

const logs = (runUrl: string | undefined) => (runUrl === undefined ? {} : { log_url: runUrl });

/** The verdict, as far as there is room for it, and at its end what the next plan reads there. */
function describe(report: Report): string {
  const mark = report.outcome === 'deployed' ? measuredMark(report) : '';
  const most = longestDescription - mark.length;
  const text = verdict(report);
  return `${text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`}${mark}`;
}
