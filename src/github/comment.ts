import { markOf, type Past, readHistory } from '../report/comment.js';
import { type GithubApi, GithubError } from './api.js';

/** Where a comment is, for people. */
export interface Written {
  readonly url?: string;
}

interface Existing {
  readonly id: number;
  readonly body: string;
  readonly login: string;
  readonly isBot: boolean;
}

/**
 * Writes the one comment that a pull request has about an environment: anew, or over the one of an earlier run.
 *
 * @param render what it says, with what the earlier one told of
 * @throws GithubError
 */
export async function writeComment(
  api: GithubApi,
  pullRequest: number,
  environment: string,
  render: (history: readonly Past[]) => string,
): Promise<Written> {
  const put = async (): Promise<Written> => {
    const existing = await ownComment(api, pullRequest, environment);
    const body = render(existing === undefined ? [] : readHistory(existing.body, environment));
    return existing === undefined
      ? written(await api.post(`/issues/${pullRequest}/comments`, { body }))
      : written(await api.patch(`/issues/comments/${existing.id}`, { body }));
  };
  try {
    return await put();
  } catch (error) {
    // Whether it was carried out is not known, or somebody removed the comment meanwhile: it is looked for once more.
    if (error instanceof GithubError && isUnsure(error.status)) return await put();
    throw error;
  }
}

const isUnsure = (status: number | undefined) => status === undefined || status === 404 || status >= 500;

/** Anybody may write the mark into a comment, and could change that later: only this token's own counts, or a bot's. */
async function ownComment(api: GithubApi, pullRequest: number, environment: string): Promise<Existing | undefined> {
  const marked = (await api.list(`/issues/${pullRequest}/comments`))
    .flatMap(existingFrom)
    .filter(({ body }) => body.includes(markOf(environment)));
  const bots = marked.filter(({ isBot }) => isBot);
  if (bots.length > 0 || marked.length === 0) return bots[0];
  const self = await login(api);
  return marked.find((comment) => comment.login === self);
}

/** Whose token it is; undefined for the one of a job, which is no user's. */
async function login(api: GithubApi): Promise<string | undefined> {
  try {
    const { login: own } = Object(await api.user()) as { readonly login?: unknown };
    return typeof own === 'string' ? own : undefined;
  } catch (error) {
    if (error instanceof GithubError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  }
}

function existingFrom(value: unknown): readonly Existing[] {
  const { id, body, user } = Object(value) as Record<string, unknown>;
  const { login: author = '', type } = Object(user) as Record<string, unknown>;
  if (typeof id !== 'number' || typeof body !== 'string') return [];
  return [{ id, body, login: String(author), isBot: type === 'Bot' }];
}

function written(answer: unknown): Written {
  const { html_url: url } = Object(answer) as { readonly html_url?: unknown };
  return typeof url === 'string' ? { url } : {};
}
