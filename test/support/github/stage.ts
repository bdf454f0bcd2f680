import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Report } from '../../../src/deployment/report.js';
import { type GithubReporting, openGithub } from '../../../src/github/github-reporting.js';
import type { Clock, Log } from '../../../src/system/log.js';
import { type GithubServer, startGithub, token } from './server.js';

export const commit = 'c0ffee0000000000000000000000000000000000';
export const verdictOfSample = '✅ **Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.**';

const standard = {
  mode: 'deploy',
  dryRun: false,
  comment: true,
  deployment: false,
  githubToken: token,
  image: 'acme/shop:2',
} as const;

/** What the runner says. */
export interface Said {
  readonly event?: string;
  /** Text is written as it is; there is no file where it is undefined. */
  readonly payload?: object | string | undefined;
  readonly commit?: string;
  readonly run?: string;
  readonly attempt?: string;
  readonly clock?: Clock;
  readonly environment?: NodeJS.ProcessEnv;
}

/** One run of hot-deploy after the other, with a server of its own for each test. */
export interface Stage {
  readonly github: GithubServer;
  /** The repository as it is checked out. */
  readonly folder: string;
  /** For how long somebody has slept; the clock stands still. */
  readonly paused: number[];
  /** Of the log. */
  readonly lines: string[];
  open(told: Report, said?: Said, inputs?: object): Promise<GithubReporting>;
  /** From its beginning to its end: the notices. */
  notices(told: Report, said?: Said, inputs?: object): Promise<readonly string[]>;
  /** The only notice, if there is any. */
  tell(told: Report, said?: Said, inputs?: object): Promise<string | undefined>;
  /** That a pull request was merged as a commit. */
  merged(number: number, as?: string): void;
  /** That a pull request is open, and its trial merge. */
  opened(number: number, as?: string | null): void;
  /** The comments' first lines. */
  bodies(): readonly (readonly [number, string | undefined])[];
}

/** To be called once in a file: what every test about GitHub has. */
export function stageOfEach(): Stage {
  let stage: Stage;
  beforeEach(async () => {
    stage = await newStage();
  });
  afterEach(() => closeStage(stage));
  return new Proxy({} as Stage, { get: (_, name) => stage[name as keyof Stage] });
}

export async function newStage(): Promise<Stage> {
  const github = await startGithub();
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-github-'));
  const paused: number[] = [];
  const lines: string[] = [];
  const still: Clock = { now: () => 0, date: () => 0, sleep: async (ms) => void paused.push(ms) };
  const log = { info: (line: string) => void lines.push(line), debug: () => undefined } as unknown as Log;

  const open: Stage['open'] = async (told, said = {}, inputs = {}) => {
    const { event = 'push', commit: sha = commit, run = '5', attempt, clock = still } = said;
    const payload = 'payload' in said ? said.payload : {};
    const path = join(folder, 'event.json');
    if (payload === undefined) await rm(path, { force: true });
    else await writeFile(path, typeof payload === 'string' ? payload : JSON.stringify(payload));
    const environment = {
      GITHUB_API_URL: github.url,
      GITHUB_SERVER_URL: 'https://github.test',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_SHA: sha,
      GITHUB_RUN_ID: run,
      GITHUB_EVENT_NAME: event,
      GITHUB_EVENT_PATH: path,
      GITHUB_WORKSPACE: folder,
      ...(attempt !== undefined && { GITHUB_RUN_ATTEMPT: attempt }),
    };
    const given = { ...standard, context: folder, environment: told.environment, ...inputs };
    return await openGithub(given, { environment: said.environment ?? environment, clock, log });
  };
  const notices: Stage['notices'] = async (...given) => await (await open(...given)).end(given[0]);
  return {
    github,
    folder,
    paused,
    lines,
    open,
    notices,
    tell: async (...given) => {
      const [first, ...more] = await notices(...given);
      expect(more).toEqual([]);
      return first;
    },
    merged: (number, as = commit) =>
      void github.state.pulls.set(number, { merged_at: '2026-01-02T03:04:05Z', merge_commit_sha: as }),
    opened: (number, as = null) => void github.state.pulls.set(number, { merged_at: null, merge_commit_sha: as }),
    bodies: () => github.state.comments.map(({ pullRequest, body }) => [pullRequest, body.split('\n')[0]] as const),
  };
}

/** Whatever a test is about, no request of it may be one that GitHub does not know, and the token is told to nobody. */
export async function closeStage({ github, folder, lines }: Stage): Promise<void> {
  try {
    expect(github.wrong).toEqual([]);
    expect(JSON.stringify([github.state.comments, github.state.deployments])).not.toContain(token);
    expect(lines.join()).not.toContain(token);
  } finally {
    await github.close();
    await rm(folder, { recursive: true });
  }
}
