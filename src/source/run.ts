import { readFile } from 'node:fs/promises';
import { runUrl } from '../journal/run.js';

/** What the runner says about the run that it carries out. */
export interface GithubRun {
  /** Of the API, without a slash at its end. */
  readonly apiUrl: string;
  /** Of the pages that people look at. */
  readonly serverUrl: string;
  readonly owner: string;
  readonly repository: string;
  /** What the workflow was started for, on a pull request a merge that nobody has made yet; or what is built instead. */
  readonly commit: string;
  /** `push`, `pull_request`, ... */
  readonly event: string;
  /** What GitHub tells of the event; an empty object where that cannot be read. */
  readonly payload: Payload;
  /** The folder in which its jobs check the repository out. */
  readonly workspace?: string;
  /** Its page. */
  readonly url?: string;
  /** Absent where the runner does not say. */
  readonly attempt?: Attempt;
}

/** One time that a run of Actions is carried out: it has the same number when it is started again. */
export interface Attempt {
  readonly run: number;
  /** From 1. */
  readonly attempt: number;
}

/** As much of it as is looked at. From outside: anything may be missing or be something else. */
export interface Payload {
  readonly pull_request?: {
    readonly number?: unknown;
    readonly base?: { readonly sha?: unknown };
    readonly head?: { readonly sha?: unknown };
  };
  readonly merge_group?: { readonly base_sha?: unknown };
  readonly issue?: { readonly number?: unknown; readonly pull_request?: unknown };
}

/** Undefined where no runner runs it. */
export async function githubRun(environment: NodeJS.ProcessEnv): Promise<GithubRun | undefined> {
  const { GITHUB_REPOSITORY: full = '', GITHUB_SHA: commit, GITHUB_WORKSPACE: workspace } = environment;
  const [owner, repository, more] = full.split('/');
  if (!owner || !repository || more !== undefined || !commit) return undefined;
  const url = runUrl(environment);
  const attempt = attemptOf({ run: environment['GITHUB_RUN_ID'], attempt: environment['GITHUB_RUN_ATTEMPT'] });
  return {
    apiUrl: (environment['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/+$/, ''),
    serverUrl: (environment['GITHUB_SERVER_URL'] || 'https://github.com').replace(/\/+$/, ''),
    owner,
    repository,
    commit,
    event: environment['GITHUB_EVENT_NAME'] ?? '',
    payload: await payloadOf(environment['GITHUB_EVENT_PATH']),
    ...(workspace && { workspace }),
    ...(url !== undefined && { url }),
    ...(attempt && { attempt }),
  };
}

/** Undefined where it says none, whatever else it says. */
export function attemptOf({
  run,
  attempt,
}: {
  readonly run?: unknown;
  readonly attempt?: unknown;
}): Attempt | undefined {
  const [number, nth] = [Number(run), Number(attempt || 1)];
  return isCount(number) && isCount(nth) ? { run: number, attempt: nth } : undefined;
}

const isCount = (value: number) => Number.isSafeInteger(value) && value > 0;

async function payloadOf(path: string | undefined): Promise<Payload> {
  if (!path) return {};
  try {
    const payload: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof payload === 'object' && payload !== null ? payload : {};
  } catch {
    // It is asked for what the API would say, too.
    return {};
  }
}
