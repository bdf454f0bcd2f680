export interface Comment {
  readonly id: number;
  body: string;
  readonly pullRequest: number;
  readonly user: { readonly login: string; readonly type: 'Bot' | 'User' };
}

export interface Status {
  readonly state: string;
  readonly description?: string;
  readonly log_url?: string;
  readonly environment_url?: string;
  readonly created_at?: string;
}

export interface Deployment {
  readonly id: number;
  readonly ref: string;
  readonly environment: string;
  readonly task: string;
  readonly payload: unknown;
  /** The first one first. */
  readonly statuses: Status[];
}

/** What the repository `acme/shop` holds. */
export interface State {
  /** The first one first. */
  readonly deployments: Deployment[];
  readonly comments: Comment[];
  readonly pulls: Map<number, { merged_at: string | null; merge_commit_sha: string | null }>;
  /** Messages by commit. */
  readonly commits: Map<string, string>;
  /** The pull requests that GitHub links to a commit. */
  readonly linked: Map<string, readonly number[]>;
  /** Runs of Actions by their number. */
  readonly runs: Map<number, { status: string; run_attempt: number }>;
}

export interface Answer {
  readonly status: number;
  /** A text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const emptyState = (): State => ({
  deployments: [],
  comments: [],
  pulls: new Map(),
  commits: new Map(),
  linked: new Map(),
  runs: new Map(),
});

export const notFound: Answer = { status: 404, body: { message: 'Not Found' } };
const created = (body: unknown): Answer => ({ status: 201, body });
const found = (body: unknown): Answer => ({ status: 200, body });
const refused = (message: string): Answer => ({ status: 422, body: { message } });

/** GitHub speaks of characters, and others have measured more: this is as little as it can mean. */
export const longestBody = 65_536;
const isTooLong = (text: string) => Buffer.byteLength(text) > longestBody;
/** https://docs.github.com/en/rest/deployments/statuses */
const longestDescription = 140;

/** When every deployment was made. */
export const begun = '2026-01-02T03:04:05Z';

type Answers = Readonly<
  Record<string, (words: readonly string[], body: { body?: string }, query: URLSearchParams) => Answer>
>;

interface Server {
  readonly url: () => string;
  /** Whose token it is: a bot's where undefined. */
  readonly login: () => string | undefined;
}

/** What GitHub answers, and what becomes of its state, by operation. */
export function answering(state: State, server: Server): Answers {
  let ids = 100;
  const pull = (number: number) => ({ number, ...state.pulls.get(number) });
  const shown = (comment: Comment) => ({ ...comment, html_url: `http://github.test/c/${comment.id}` });
  const paged = (all: readonly unknown[], path: string, query: URLSearchParams): Answer => {
    const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
    const next = new URLSearchParams([...query].filter(([name]) => name !== 'page'));
    next.set('page', String(page + 1));
    return {
      ...found(all.slice((page - 1) * size, page * size)),
      ...(all.length > page * size && { headers: { link: `<${server.url()}${path}?${next}>; rel="next"` } }),
    };
  };
  return {
    'repos/list-pull-requests-associated-with-commit': ([, , commit = '']) =>
      found((state.linked.get(commit) ?? []).map(pull)),
    'repos/get-commit': ([, , commit = '']) => {
      const message = state.commits.get(commit);
      return message === undefined ? refused('No commit found') : found({ sha: commit, commit: { message } });
    },
    'pulls/get': ([, , number]) => (state.pulls.has(Number(number)) ? found(pull(Number(number))) : notFound),
    'issues/list-comments': ([, , number], _, query) => {
      const all = state.comments.filter(({ pullRequest }) => pullRequest === Number(number));
      return paged(all.map(shown), `/repos/acme/shop/issues/${number}/comments`, query);
    },
    'issues/create-comment': ([, , number], { body = '' }) => {
      if (isTooLong(body)) return refused('body is too long');
      const login = server.login();
      const user =
        login === undefined ? { login: 'github-actions[bot]', type: 'Bot' as const } : { login, type: 'User' as const };
      const comment: Comment = { id: ids++, body, pullRequest: Number(number), user };
      state.comments.push(comment);
      return created(shown(comment));
    },
    'issues/update-comment': ([, , id], { body = '' }) => {
      const comment = state.comments.find((each) => each.id === Number(id));
      if (comment === undefined) return notFound;
      if (isTooLong(body)) return refused('body is too long');
      comment.body = body;
      return found(shown(comment));
    },
    'issues/delete-comment': ([, , id]) => {
      const at = state.comments.findIndex((each) => each.id === Number(id));
      if (at < 0) return notFound;
      state.comments.splice(at, 1);
      return { status: 204 };
    },
    'repos/list-deployments': (_, __, query) => {
      const wanted = query.get('environment');
      const all = state.deployments.filter(({ environment }) => wanted === null || environment === wanted);
      const listed = all.map(({ statuses: _, ...rest }) => ({ sha: rest.ref, created_at: begun, ...rest }));
      return paged(listed.reverse(), '/repos/acme/shop/deployments', query);
    },
    'repos/create-deployment': (_, body) => {
      const given = body as unknown as Omit<Deployment, 'id' | 'statuses'>;
      const { statuses, ...deployment } = { ...given, id: ids++, statuses: [] };
      state.deployments.push({ ...deployment, statuses });
      return created(deployment);
    },
    'repos/list-deployment-statuses': ([, , id], _, query) => {
      const deployment = state.deployments.find((each) => each.id === Number(id));
      if (deployment === undefined) return notFound;
      return paged(
        deployment.statuses.map((status) => ({ created_at: begun, ...status })).reverse(),
        `/repos/acme/shop/deployments/${id}/statuses`,
        query,
      );
    },
    'repos/create-deployment-status': ([, , id], body) => {
      const deployment = state.deployments.find((each) => each.id === Number(id));
      const status = body as unknown as Status;
      if (deployment === undefined) return notFound;
      if ((status.description ?? '').length > longestDescription) return refused('description is too long');
      deployment.statuses.push(status);
      return created(status);
    },
    'actions/get-workflow-run': ([, , run]) => {
      const known = state.runs.get(Number(run));
      return known === undefined ? notFound : found({ id: Number(run), ...known });
    },
    'users/get-authenticated': () => {
      const login = server.login();
      return login === undefined
        ? { status: 403, body: { message: 'Resource not accessible by integration' } }
        : found({ login });
    },
  };
}
