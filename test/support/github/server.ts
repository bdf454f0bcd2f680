import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Ajv, type ValidateFunction } from 'ajv';
import description from './openapi.json' with { type: 'json' };

export interface Comment {
  readonly id: number;
  body: string;
  readonly pullRequest: number;
  readonly user: { readonly login: string; readonly type: 'Bot' | 'User' };
}

export interface Deployment {
  readonly id: number;
  readonly ref: string;
  readonly environment: string;
  readonly task: string;
  readonly payload: unknown;
  readonly statuses: {
    readonly state: string;
    readonly description?: string;
    readonly log_url?: string;
    readonly environment_url?: string;
  }[];
}

/** What the repository `acme/shop` holds. */
export interface State {
  readonly deployments: Deployment[];
  readonly comments: Comment[];
  readonly pulls: Map<number, { merged_at: string | null; merge_commit_sha: string | null }>;
  /** Messages by commit. */
  readonly commits: Map<string, string>;
  /** The pull requests that GitHub links to a commit. */
  readonly linked: Map<string, readonly number[]>;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly body: unknown;
}

/** What happens to a request instead of an answer; undefined where nothing does. */
export type Trouble = (asked: Asked, nth: number) => Answer | 'cut' | undefined;

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** GitHub's REST API on the loopback: it holds state, and takes no request that its own description does not allow. */
export interface GithubServer {
  readonly url: string;
  readonly state: State;
  readonly asked: readonly Asked[];
  /** Requests that GitHub's description does not allow. */
  readonly wrong: readonly string[];
  trouble: Trouble | undefined;
  /** Whose token it is: a bot's where undefined. */
  login: string | undefined;
  close(): Promise<void>;
}

export const token = 'ghs_0123456789abcdef';
const longestBody = 65_536;

const ajv = new Ajv({ strict: false, coerceTypes: true, allErrors: true });

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly queries: ReadonlySet<string>;
  readonly checkBody: ValidateFunction | undefined;
  readonly known: ReadonlySet<string>;
}

const operations: readonly Operation[] = description.operations.map((operation) => ({
  id: operation.operationId,
  method: operation.method,
  pattern: new RegExp(`^${operation.path.replace(/\{\w+\}/g, '([^/]+)')}$`),
  queries: new Set(operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name)),
  checkBody: 'body' in operation ? ajv.compile(operation.body as object) : undefined,
  known: new Set('body' in operation ? Object.keys((operation.body as { properties?: object }).properties ?? {}) : []),
}));

export async function startGithub(): Promise<GithubServer> {
  const state: State = { deployments: [], comments: [], pulls: new Map(), commits: new Map(), linked: new Map() };
  const asked: Asked[] = [];
  const wrong: string[] = [];
  let trouble: Trouble | undefined;
  let login: string | undefined;
  let ids = 100;

  const pull = (number: number) => ({ number, ...state.pulls.get(number) });
  const shown = (comment: Comment) => ({ ...comment, html_url: `http://github.test/c/${comment.id}` });

  const answers: Readonly<
    Record<string, (words: readonly string[], body: { body?: string }, query: URLSearchParams) => Answer>
  > = {
    'repos/list-pull-requests-associated-with-commit': ([, , commit = '']) => ({
      status: 200,
      body: (state.linked.get(commit) ?? []).map(pull),
    }),
    'repos/get-commit': ([, , commit = '']) => {
      const message = state.commits.get(commit);
      return message === undefined ? { status: 422 } : { status: 200, body: { sha: commit, commit: { message } } };
    },
    'pulls/get': ([, , number]) => {
      const found = state.pulls.has(Number(number));
      return found ? { status: 200, body: pull(Number(number)) } : { status: 404, body: { message: 'Not Found' } };
    },
    'issues/list-comments': ([, , number], _, query) => {
      const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
      const all = state.comments.filter(({ pullRequest }) => pullRequest === Number(number));
      const next = `${url}/repos/acme/shop/issues/${number}/comments?per_page=${size}&page=${page + 1}`;
      return {
        status: 200,
        body: all.slice((page - 1) * size, page * size).map(shown),
        ...(all.length > page * size && { headers: { link: `<${next}>; rel="next"` } }),
      };
    },
    'issues/create-comment': ([, , number], { body = '' }) => {
      if (body.length > longestBody) return { status: 422, body: { message: 'body is too long' } };
      const user =
        login === undefined ? { login: 'github-actions[bot]', type: 'Bot' as const } : { login, type: 'User' as const };
      const comment: Comment = { id: ids++, body, pullRequest: Number(number), user };
      state.comments.push(comment);
      return { status: 201, body: shown(comment) };
    },
    'issues/update-comment': ([, , id], { body = '' }) => {
      const comment = state.comments.find((each) => each.id === Number(id));
      if (comment === undefined) return { status: 404, body: { message: 'Not Found' } };
      if (body.length > longestBody) return { status: 422, body: { message: 'body is too long' } };
      comment.body = body;
      return { status: 200, body: shown(comment) };
    },
    'repos/create-deployment': (_, body) => {
      const given = body as unknown as Omit<Deployment, 'id' | 'statuses'>;
      const deployment = { ...given, id: ids++, statuses: [] };
      state.deployments.push(deployment);
      return { status: 201, body: deployment };
    },
    'repos/create-deployment-status': ([, , id], body) => {
      const deployment = state.deployments.find((each) => each.id === Number(id));
      const status = body as unknown as Deployment['statuses'][number];
      // https://docs.github.com/en/rest/deployments/statuses: a longer description is turned away.
      if (deployment === undefined) return { status: 404, body: { message: 'Not Found' } };
      if ((status.description ?? '').length > 140) return { status: 422, body: { message: 'description is too long' } };
      deployment.statuses.push(status);
      return { status: 201, body: status };
    },
    'users/get-authenticated': () =>
      login === undefined
        ? { status: 403, body: { message: 'Resource not accessible by integration' } }
        : { status: 200, body: { login } },
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
    const method = incoming.method ?? 'GET';
    const sent = await text(incoming);
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    const operation = operations.find((each) => each.method === method && each.pattern.test(pathname));
    const call: Asked = { method, path: pathname, operation: operation?.id ?? '', body };
    const nth = asked.push(call);
    wrong.push(...mistakes(call, operation, searchParams));
    const end = ({ status, body: answer, headers = {} }: Answer) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer ?? {}));
    const instead = trouble?.(call, nth);
    if (instead === 'cut') {
      incoming.socket.destroy();
    } else if (instead !== undefined) {
      end(instead);
    } else if (incoming.headers.authorization !== `Bearer ${token}`) {
      end({ status: 401, body: { message: 'Bad credentials' } });
    } else {
      const words = (operation?.pattern.exec(pathname) ?? []).slice(1);
      end(
        answers[call.operation]?.(words, Object(body), searchParams) ?? { status: 404, body: { message: 'Not Found' } },
      );
    }
  };

  const server = createServer((incoming, response) => void serve(incoming, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    state,
    asked,
    wrong,
    get trouble() {
      return trouble;
    },
    set trouble(next) {
      trouble = next;
    },
    get login() {
      return login;
    },
    set login(next) {
      login = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function mistakes(
  { method, path, body }: Asked,
  operation: Operation | undefined,
  query: URLSearchParams,
): readonly string[] {
  if (operation === undefined) return [`${method} ${path} is none of GitHub's`];
  const unknown = [...query.keys()].filter((name) => !operation.queries.has(name));
  const { checkBody, known } = operation;
  const fields = Object.keys(Object(body)).filter((name) => !known.has(name));
  return [
    ...unknown.map((name) => `${method} ${path} takes no ${name}`),
    ...fields.map((name) => `${method} ${path} takes no ${name} in its body`),
    ...(checkBody !== undefined && !checkBody(body) ? [`${method} ${path}: ${ajv.errorsText(checkBody.errors)}`] : []),
  ];
}
