import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Ajv, type ValidateFunction } from 'ajv';
import { type Answer, answering, emptyState, notFound, type State } from './answers.js';
import description from './openapi.json' with { type: 'json' };

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly body: unknown;
}

/**
 * What becomes of a request; undefined where it is answered as it should be. `after` is what is answered to one that is carried
 * out all the same. As long as a promise is not kept, the request waits, and nothing has come of it yet.
 */
export type Trouble = (asked: Asked, nth: number) => Fate | Promise<Fate>;

type Instead = Answer | 'cut';
export type Fate = Instead | { readonly after: Instead } | undefined;

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
  const state = emptyState();
  const asked: Asked[] = [];
  const wrong: string[] = [];
  let trouble: Trouble | undefined;
  let login: string | undefined;
  let url = '';
  const answers = answering(state, { url: () => url, login: () => login });

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
    const method = incoming.method ?? 'GET';
    // Who gives up in the middle of a request gets no answer.
    const sent = await text(incoming).catch(() => undefined);
    if (sent === undefined) return;
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    const operation = operations.find((each) => each.method === method && each.pattern.test(pathname));
    const call: Asked = { method, path: pathname, operation: operation?.id ?? '', body };
    const nth = asked.push(call);
    wrong.push(...mistakes(call, operation, searchParams));
    const end = ({ status, body: answer, headers = {} }: Answer) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(typeof answer === 'string' ? answer : status === 204 ? undefined : JSON.stringify(answer ?? {}));
    const fate = await trouble?.(call, nth);
    const instead = fate !== undefined && typeof fate === 'object' && 'after' in fate ? fate.after : fate;
    const answer = (): Answer => {
      if (incoming.headers.authorization !== `Bearer ${token}`)
        return { status: 401, body: { message: 'Bad credentials' } };
      const words = (operation?.pattern.exec(pathname) ?? []).slice(1);
      return answers[call.operation]?.(words, Object(body), searchParams) ?? notFound;
    };
    const own = instead === undefined || instead !== fate ? answer() : undefined;
    if (instead === 'cut') incoming.socket.destroy();
    else end(instead ?? own ?? notFound);
  };

  const server = createServer((incoming, response) => void serve(incoming, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
    ...(isWellFormed(body) ? [] : [`${method} ${path}: half a character`]),
    ...(checkBody !== undefined && !checkBody(body) ? [`${method} ${path}: ${ajv.errorsText(checkBody.errors)}`] : []),
  ];
}

const isWellFormed = (value: unknown): boolean =>
  typeof value === 'string' ? value.isWellFormed() : Object.values(Object(value)).every(isWellFormed);
