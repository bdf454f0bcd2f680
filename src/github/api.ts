import { Agent, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps, Agent as SecureAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import type { GithubRun } from '../source/run.js';
import type { Clock } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { secrets } from '../system/secrets.js';

/** GitHub's REST API, for one repository: paths are below `/repos/OWNER/NAME`. */
export interface GithubApi {
  /** @throws GithubError */
  get(path: string): Promise<unknown>;
  /** Whose token it is. @throws GithubError, too where it is that of a job, which is no user's */
  user(): Promise<unknown>;
  /** All pages of a list, up to `mostPages`. @throws GithubError */
  list(path: string): Promise<readonly unknown[]>;
  /**
   * @param repeat whether it may be carried out twice: then it is asked again where it is not known whether it was
   * @throws GithubError where it was refused, and also where it is not known whether it was carried out
   */
  post(path: string, body: object, repeat?: 'repeat'): Promise<unknown>;
  /** @throws GithubError as `post` does */
  patch(path: string, body: object): Promise<unknown>;
  /** @throws GithubError, too where it is gone already */
  delete(path: string): Promise<void>;
}

/** A request that did not come to its end as it should. */
export class GithubError extends Error {
  override readonly name = 'GithubError';
  constructor(
    message: string,
    /** Undefined where nobody answered, or nothing that can be read; 429 where there were too many requests, which GitHub may also say with a 403. */
    readonly status: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether what was asked for may have been carried out all the same, or what it was about has gone meanwhile. */
export function isUnsure(error: unknown): boolean {
  if (!(error instanceof GithubError)) return false;
  const { status } = error;
  return status === undefined || status === 404 || status >= 500;
}

/** Whether the token is not allowed to: of what it may not see GitHub says that it does not exist. */
export const isDenied = (error: unknown): boolean =>
  error instanceof GithubError && (error.status === 403 || error.status === 404);

const timeoutMs = 10_000;
const mostPages = 30;
/** What is asked again, and after how long: whoever waits for a deploy's verdict does not wait for more. */
const pausesMs = [1_000, 3_000];
const longestPauseMs = 5_000;
const mostMoves = 3;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Done {
  readonly headers: IncomingMessage['headers'];
  /** An object or a list; undefined where there is nothing to say. */
  readonly value: unknown;
}

/** @param token never told to anybody but the API */
export function githubApi(run: GithubRun, token: string, clock: Clock): GithubApi {
  const base = new URL(`${run.apiUrl}/repos/${run.owner}/${run.repository}`);
  const isSecure = base.protocol === 'https:';
  // Since Node 24 an agent knows how to get past a proxy that the environment names; older ones ignore it.
  const settings = { keepAlive: true, proxyEnv: process.env };
  const agent = isSecure ? new SecureAgent(settings) : new Agent(settings);

  const once = async (method: string, url: URL, body: object | undefined): Promise<Answer> => {
    const payload = body === undefined ? undefined : JSON.stringify(secrets.maskedIn(body));
    const headers = {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'hot-deploy',
      'x-github-api-version': '2022-11-28',
      ...(payload !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(payload)),
      }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = (isSecure ? overHttps : overHttp)(url, { method, headers, agent, signal }, resolve);
      sent.on('error', reject);
      sent.end(payload);
    });
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  };

  const call = async (method: string, first: URL, body?: object, repeat?: 'repeat'): Promise<Done> => {
    const isRepeatable = method === 'GET' || method === 'DELETE' || repeat !== undefined;
    const what = `${method} ${first.pathname}`;
    let url = first;
    let moves = 0;
    for (let tries = 0; ; tries++) {
      let failure: GithubError;
      let waitMs = pausesMs[tries];
      try {
        const answer = await once(method, url, body);
        if (answer.status < 300) return { headers: answer.headers, value: read(answer) };
        const moved = isMoved(answer) ? within(base, answer.headers.location) : undefined;
        if (moved !== undefined && moves++ < mostMoves) {
          url = moved;
          tries -= 1;
          continue;
        }
        const asked = limited(answer);
        const status = asked === undefined ? answer.status : 429;
        failure = new GithubError(`${what}: ${answer.status} ${reasonOf(answer)}`.trim(), status);
        // A limit turns a request away before it is carried out, whatever it is.
        if (asked !== undefined) waitMs = waitMs === undefined || asked > longestPauseMs ? undefined : asked;
        else if (answer.status < 500 || !isRepeatable) waitMs = undefined;
      } catch (cause) {
        failure = new GithubError(`${what}: ${messageOf(cause)}`, undefined, {
          cause,
        });
        // It may have been carried out all the same.
        if (!isRepeatable) waitMs = undefined;
      }
      if (waitMs === undefined) throw failure;
      await clock.sleep(waitMs);
    }
  };

  const at = (path: string) => new URL(`${base.href}${path}`);
  return {
    get: async (path) => (await call('GET', at(path))).value,
    user: async () => (await call('GET', new URL(`${run.apiUrl}/user`))).value,
    list: async (path) => {
      const all: unknown[] = [];
      let next: URL | undefined = at(`${path}${path.includes('?') ? '&' : '?'}per_page=100`);
      for (let page = 0; next !== undefined && page < mostPages; page++) {
        const done: Done = await call('GET', next);
        if (!Array.isArray(done.value)) throw new GithubError(`GET ${next.pathname}: no list came back`, undefined);
        all.push(...done.value);
        next = following(done, base);
      }
      return all;
    },
    post: async (path, body, repeat) => (await call('POST', at(path), body, repeat)).value,
    patch: async (path, body) => (await call('PATCH', at(path), body)).value,
    delete: async (path) => void (await call('DELETE', at(path))),
  };
}

/** Every answer is an object or a list, save that there is nothing to say of what was removed. */
function read({ body, status }: Answer): unknown {
  if (status === 204) return undefined;
  const value = parsed(body);
  if (typeof value !== 'object' || value === null) throw new Error('the answer is none of the API');
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function following({ headers: { link } }: Done, base: URL): URL | undefined {
  const [, address] = /<([^>]+)>;\s*rel="next"/.exec(String(link ?? '')) ?? [];
  return within(base, address);
}

/** Of a repository that has another name now. 301 and 302 mean the same request there, too, whatever browsers make of them. */
const isMoved = ({ status }: Answer) => [301, 302, 307, 308].includes(status);

/** The token goes nowhere but to the API, whatever an answer says. */
function within(base: URL, address: string | undefined): URL | undefined {
  if (address === undefined || !URL.canParse(address, base.href)) return undefined;
  const next = new URL(address, base);
  return next.origin === base.origin ? next : undefined;
}

/** What GitHub says why not, on one line. */
function reasonOf({ body }: Answer): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    return typeof message === 'string' ? message.replace(/\s+/g, ' ').slice(0, 200) : '';
  } catch {
    return '';
  }
}

/**
 * Milliseconds after which a request may come again that was turned away because there were too many; undefined where it was
 * for another reason. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function limited(answer: Answer): number | undefined {
  const { status, headers } = answer;
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(after)) return after * 1_000;
  // A secondary limit may say so in words alone, and then it is to be a minute at least.
  const isOut = headers['x-ratelimit-remaining'] === '0' || /\brate limit\b/i.test(reasonOf(answer));
  return isOut || status === 429 ? Number.POSITIVE_INFINITY : undefined;
}
