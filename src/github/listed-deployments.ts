import type { GithubApi } from './api.js';

/** A deployment as GitHub lists it. */
export interface Listed {
  readonly id: number;
  readonly commit: string;
  /** ISO 8601; absent where GitHub does not say. */
  readonly at?: string;
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
  const listed = Array.isArray(all) ? all.flatMap(listedFrom) : [];
  return listed.sort((one, other) => other.id - one.id).slice(0, most);
}

/** Those that hot-deploy has made say so in their payload. */
export const isOwn = ({ payload }: Listed) => payload['schema'] === 1;

function listedFrom(value: unknown): readonly Listed[] {
  const { id, sha, payload, created_at: at } = Object(value) as Record<string, unknown>;
  if (typeof id !== 'number') return [];
  const commit = typeof sha === 'string' ? sha : '';
  return [{ id, commit, payload: Object(payload) as Listed['payload'], ...(typeof at === 'string' && { at }) }];
}

/** One of a deployment's statuses. */
export interface ListedStatus {
  readonly state: string;
  readonly description: string;
  /** ISO 8601; empty where GitHub does not say. */
  readonly at: string;
}

/**
 * What was said about a deployment, the latest first.
 *
 * @throws GithubError
 */
export async function statusesOf(
  api: GithubApi,
  { id }: Pick<Listed, 'id'>,
  most = 100,
): Promise<readonly ListedStatus[]> {
  const answer = await api.get(`/deployments/${id}/statuses?per_page=${most}`);
  return Array.isArray(answer) ? answer.map(statusFrom) : [];
}

function statusFrom(value: unknown): ListedStatus {
  const { state, description, created_at: at } = Object(value) as Record<string, unknown>;
  const text = (told: unknown) => (typeof told === 'string' ? told : '');
  return { state: text(state), description: text(description), at: text(at) };
}
