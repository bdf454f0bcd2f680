import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openGithub } from '../../src/github/github-reporting.js';
import type { Clock, Log } from '../../src/log.js';
import type { Report } from '../../src/report/report.js';
import { report, rolledBack } from '../report/sample.js';
import { type GithubServer, startGithub, token } from '../support/github/server.js';

const standard = {
  mode: 'deploy',
  dryRun: false,
  comment: true,
  deployment: false,
  githubToken: token,
  image: 'acme/shop:2',
} as const;
const commit = 'c0ffee0000000000000000000000000000000000';

let github: GithubServer;
let folder: string;
let paused: number[];
let lines: string[];
beforeEach(async () => {
  github = await startGithub();
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-github-'));
  [paused, lines] = [[], []];
});
afterEach(async () => {
  // Whatever a test is about, no request of it may be one that GitHub does not know.
  expect(github.wrong).toEqual([]);
  expect(github.state.comments.map(({ body }) => body).join()).not.toContain(token);
  expect(lines.join()).not.toContain(token);
  await github.close();
  await rm(folder, { recursive: true });
});

interface Said {
  readonly event?: string;
  readonly payload?: object;
  readonly commit?: string;
}

async function tell(
  told: Report,
  { event = 'push', payload = {}, commit: sha = commit }: Said = {},
  inputs: object = {},
) {
  const path = join(folder, 'event.json');
  await writeFile(path, JSON.stringify(payload));
  const clock: Clock = { now: () => 0, date: () => 0, sleep: async (ms) => void paused.push(ms) };
  const log = { info: (line: string) => void lines.push(line), debug: () => undefined } as unknown as Log;
  const environment = {
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: 'https://github.test',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_SHA: sha,
    GITHUB_RUN_ID: '5',
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: path,
  };
  const given = { ...standard, context: folder, environment: told.environment, ...inputs };
  const [first, ...more] = await (await openGithub(given, { environment, clock, log })).end(told);
  expect(more).toEqual([]);
  return first;
}

const merged = (number: number, as = commit) =>
  void github.state.pulls.set(number, { merged_at: '2026-01-02T03:04:05Z', merge_commit_sha: as });
const open = (number: number, as: string | null = null) =>
  void github.state.pulls.set(number, { merged_at: null, merge_commit_sha: as });
const bodies = () => github.state.comments.map(({ pullRequest, body }) => [pullRequest, body.split('\n')[0]]);
const verdictOfReport = '✅ **Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.**';

describe('a push tells the pull request that brought its commit', () => {
  beforeEach(() => {
    merged(7);
    github.state.linked.set(commit, [7]);
  });

  test('in one comment, whose first line is the verdict', async () => {
    expect(await tell(report)).toBeUndefined();
    expect(bodies()).toEqual([[7, verdictOfReport]]);
    expect(lines).toEqual(['comment: http://github.test/c/100']);
  });

  test('which the next run writes over, and which remembers what it said before', async () => {
    await tell(report);
    await tell({ ...rolledBack, startedAt: '2026-01-03T00:00:00.000Z' });
    expect(bodies()).toEqual([[7, expect.stringMatching(/^↩️ \*\*Rolled back/)]]);
    const [{ body = '' } = {}] = github.state.comments;
    expect(body).toContain('<summary>Before this</summary>');
    expect(body).toContain(`[2026-01-02T03:04:05.000Z](<${report.runUrl}>): ✅ Deployed 0.1.0 → 0.2.0 hot`);
  });

  test('and another environment has a comment of its own', async () => {
    await tell(report);
    await tell({ ...report, environment: 'staging' });
    await tell({ ...report, environment: 'staging' });
    expect(github.state.comments).toHaveLength(2);
  });

  test('also where a hundred others have been written before it', async () => {
    await tell(report);
    const [own] = github.state.comments.splice(0);
    const user = { login: 'ada', type: 'User' } as const;
    for (let id = 1; id <= 130; id++) github.state.comments.push({ id, body: `no. ${id}`, pullRequest: 7, user });
    if (own) github.state.comments.push(own);
    await tell(report);
    expect(github.state.comments).toHaveLength(131);
  });

  test('and what somebody else has written stays theirs, whatever mark is in it', async () => {
    await tell(report);
    const [first] = github.state.comments.splice(0);
    const mine = { id: 1, body: first?.body ?? '', pullRequest: 7, user: { login: 'mallory', type: 'User' } as const };
    github.state.comments.push(mine);
    const before = mine.body;
    await tell(rolledBack);
    expect(mine.body).toBe(before);
    expect(github.state.comments).toHaveLength(2);
  });

  test('and a token of a person finds that one’s comment again', async () => {
    github.login = 'deployer';
    await tell(report);
    await tell(report);
    expect(github.state.comments).toHaveLength(1);
  });

  test('with a link to where a rollback can be started', async () => {
    const workflows = join(folder, '.github', 'workflows');
    await mkdir(workflows, { recursive: true });
    await writeFile(join(workflows, 'deploy.yml'), 'on: push\n');
    await writeFile(join(workflows, 'rollback.yml'), 'on:\n  workflow_dispatch:\n# ...\n          mode: rollback\n');
    await tell(report);
    const address = 'https://github.test/acme/shop/actions/workflows/rollback.yml';
    expect(github.state.comments[0]?.body).toContain(`[roll back](<${address}>)`);
  });

  test.each([
    ['`comment` is false', { comment: false }],
    ['there is no token', { githubToken: undefined }],
  ])('but not where %s', async (_, inputs) => {
    expect(await tell(report, {}, inputs)).toBeUndefined();
    expect(github.asked).toEqual([]);
  });
});

describe('the pull request is found', () => {
  test('by the event, where that is about one', async () => {
    await tell(report, { event: 'pull_request', payload: { pull_request: { number: 12 } } });
    expect(bodies()).toEqual([[12, verdictOfReport]]);
  });

  test('when GitHub comes to know of it, a moment after the merge', async () => {
    merged(7);
    let looks = 0;
    github.trouble = ({ operation }) => {
      if (operation !== 'repos/list-pull-requests-associated-with-commit') return undefined;
      looks += 1;
      return looks < 4 ? { status: 200, body: [] } : undefined;
    };
    github.state.linked.set(commit, [7]);
    await tell(report);
    expect(bodies()).toEqual([[7, verdictOfReport]]);
    expect(paused).toEqual([1_000, 2_000, 4_000]);
  });

  test('by a squash’s message, where that pull request says so itself', async () => {
    merged(7);
    github.state.commits.set(commit, 'Sell more (#7)\n\nand better');
    await tell(report);
    expect(bodies()).toEqual([[7, verdictOfReport]]);
  });

  test.each([
    ['that was merged as something else', () => merged(8, 'f00d')],
    ['that is open', () => open(8, commit)],
    ['that does not exist', () => undefined],
  ])('never by a number in a message of one %s', async (_, prepare) => {
    prepare();
    github.state.commits.set(commit, 'Look like another one (#8)');
    expect(await tell(report)).toBeUndefined();
    expect(github.state.comments).toEqual([]);
    expect(lines.join()).toContain('came by no pull request');
  });

  test('as the one that is merged by it, among others that only hold the commit', async () => {
    merged(7);
    open(9);
    merged(10, 'f00d');
    github.state.linked.set(commit, [9, 7, 10]);
    await tell(report);
    expect(bodies()).toEqual([[7, verdictOfReport]]);
  });

  test('as the only one that holds the commit, where it is deployed before the merge', async () => {
    open(9);
    github.state.linked.set(commit, [9]);
    github.state.commits.set(commit, 'Sell more');
    await tell(report);
    expect(bodies()).toEqual([[9, verdictOfReport]]);
  });

  test('not at all where several hold the commit', async () => {
    open(9);
    open(10);
    github.state.linked.set(commit, [9, 10]);
    github.state.commits.set(commit, 'Sell more');
    expect(await tell(report)).toBeUndefined();
    expect(github.state.comments).toEqual([]);
    expect(lines.join()).toContain('several pull requests (#9, #10)');
  });

  test('by the number that the user gives', async () => {
    await tell(report, {}, { pullRequest: 3 });
    expect(bodies()).toEqual([[3, verdictOfReport]]);
  });

  test('of a rollback: the one whose change it took back', async () => {
    const taken = 'dead000000000000000000000000000000000000';
    merged(7);
    merged(6, taken);
    github.state.linked.set(taken, [6]);
    await tell({ ...report, task: 'rollback', tookBack: { image: 'sha256:1', commit: taken } });
    expect(bodies()).toEqual([[6, '✅ **Went back 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.**']]);
  });

  test('and not the one on which somebody asked for it', async () => {
    const taken = 'dead000000000000000000000000000000000000';
    merged(6, taken);
    github.state.linked.set(taken, [6]);
    const asked = { event: 'issue_comment', payload: { issue: { number: 9, pull_request: {} } } };
    await tell({ ...report, task: 'rollback', tookBack: { image: 'sha256:1', commit: taken } }, asked);
    expect(bodies().map(([number]) => number)).toEqual([6]);
  });

  test('and of one whose image names no commit nobody is told', async () => {
    await tell({ ...report, task: 'rollback', tookBack: { image: 'sha256:1' } });
    expect(github.asked).toEqual([]);
    expect(lines.join()).toContain('does not say of which commit it is');
  });

  test('nor of one that was refused before it was known what would be taken back', async () => {
    await tell({ ...report, task: 'rollback', outcome: 'refused' });
    expect(github.asked).toEqual([]);
    expect(lines.join()).toContain('No comment was written: nothing was taken back.');
  });
});

describe('what goes wrong changes nothing about the verdict', () => {
  beforeEach(() => {
    merged(7);
    github.state.linked.set(commit, [7]);
  });

  test('a token that may only read: one notice says so, and what it takes', async () => {
    github.trouble = ({ method }) =>
      method === 'GET' ? undefined : { status: 403, body: { message: 'Resource not accessible by integration' } };
    const notice = await tell(report);
    expect(notice).toContain('403 Resource not accessible by integration');
    expect(notice).toContain('pull-requests: write');
  });

  const failures = [
    ['500', { status: 500, body: { message: 'boom' } }],
    ['403', { status: 403, body: {} }],
    ['404', { status: 404, body: { message: 'Not Found' } }],
    ['something that is no JSON', { status: 502, body: '<html>' }],
    ['a limit that ends in an hour', { status: 429, headers: { 'retry-after': '3600' } }],
    ['no answer', 'cut'],
  ] as const;
  test.each(failures.flatMap(([what, answer]) => [1, 2, 3].map((at) => [what, at, answer] as const)))(
    '%s at call %i, and at all after it',
    async (_, at, answer) => {
      await tell(report);
      const before = github.asked.length;
      github.trouble = (_, nth) => (nth - before >= at ? answer : undefined);
      expect(await tell(rolledBack)).toMatch(/^The comment on the pull request could not be written: /);
      expect(github.state.comments).toHaveLength(1);
    },
  );

  test.each(failures.flatMap(([what, answer]) => [1, 2, 3].map((at) => [what, at, answer] as const)))(
    '%s at call %i alone: there is one comment at most',
    async (_, at, answer) => {
      github.trouble = (_, nth) => (nth === at ? answer : undefined);
      const notice = await tell(report);
      expect(github.state.comments.length).toBe(notice === undefined ? 1 : 0);
    },
  );

  test('an answer that is lost after the comment was written: it is found, and not written twice', async () => {
    let lost = false;
    github.trouble = ({ operation, body, path }) => {
      if (operation !== 'issues/create-comment' || lost) return undefined;
      lost = true;
      const user = { login: 'github-actions[bot]', type: 'Bot' } as const;
      const [, number] = /issues\/(\d+)\//.exec(path) ?? [];
      github.state.comments.push({ id: 1, body: (body as { body: string }).body, pullRequest: Number(number), user });
      return 'cut';
    };
    expect(await tell(report)).toBeUndefined();
    expect(github.state.comments).toHaveLength(1);
  });

  test('a repository that has another name now is followed there, and nowhere else', async () => {
    const moved = (to: string) => ({ status: 307, headers: { location: to } });
    github.trouble = ({ path }, nth) => (nth === 1 ? moved(`${github.url}${path}`) : undefined);
    expect(await tell(report)).toBeUndefined();
    const before = github.asked.length;
    github.trouble = (_, nth) => (nth > before ? moved('https://elsewhere.test/') : undefined);
    expect(await tell(report)).toMatch(/could not be written: .* 307/);
    const again = github.asked.length;
    github.trouble = ({ path }, nth) => (nth > again ? moved(`${github.url}${path}`) : undefined);
    expect(await tell(report)).toMatch(/could not be written: .* 307/);
  });

  test('a short limit is waited for', async () => {
    github.trouble = (_, nth) => (nth === 1 ? { status: 429, headers: { 'retry-after': '2' } } : undefined);
    expect(await tell(report)).toBeUndefined();
    expect(paused).toEqual([2_000]);
  });
});

describe('a deploy is listed among the deployments', () => {
  const listed = { comment: false, deployment: true };
  const statuses = () =>
    github.state.deployments.map(({ ref, environment, task, statuses: all }) => ({
      ref,
      environment,
      task,
      states: all.map(({ state }) => state),
    }));

  test('from its beginning to its end, with what happened, its log and its address', async () => {
    await tell(report, {}, { ...listed, environmentUrl: 'https://shop.test' });
    expect(statuses()).toEqual([
      { ref: commit, environment: 'production', task: 'deploy', states: ['in_progress', 'success'] },
    ]);
    expect(github.state.deployments[0]).toMatchObject({
      payload: { schema: 1, image: 'acme/shop:2' },
      statuses: [
        { log_url: 'https://github.test/acme/shop/actions/runs/5' },
        { description: verdictOfReport.slice(4, -2), log_url: report.runUrl, environment_url: 'https://shop.test' },
      ],
    });
  });

  test.each([
    ['rolled-back', 'failure'],
    ['refused', 'failure'],
    ['failed', 'error'],
    ['unchanged', 'success'],
  ] as const)('and one that ends as %s as %s', async (outcome, state) => {
    await tell({ ...report, outcome }, {}, listed);
    expect(statuses()[0]?.states).toEqual(['in_progress', state]);
  });

  test('before anything has ended', async () => {
    const begun: string[] = [];
    github.trouble = ({ operation }) => void begun.push(operation);
    const log = { info: () => undefined, debug: () => undefined } as unknown as Log;
    const clock: Clock = { now: () => 0, date: () => 0, sleep: async () => undefined };
    const environment = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: commit };
    await openGithub(
      { ...standard, ...listed, context: folder, environment: 'production' },
      { environment, clock, log },
    );
    await expect.poll(() => begun).toEqual(['repos/create-deployment', 'repos/create-deployment-status']);
  });

  test('of a rollback: as the commit that it went to', async () => {
    const to = 'dead000000000000000000000000000000000000';
    const went = { ...report, task: 'rollback', wentTo: { image: 'sha256:1', commit: to } } as const;
    await tell(went, {}, { ...listed, mode: 'rollback' });
    expect(statuses()).toEqual([
      { ref: to, environment: 'production', task: 'rollback', states: ['in_progress', 'success'] },
    ]);
  });

  test.each([
    ['a plan', { mode: 'plan' }],
    ['a dry run', { dryRun: true }],
    ['one whose user does not want it', { deployment: false }],
  ])('but %s is not', async (_, inputs) => {
    await tell(report, {}, { ...listed, ...inputs });
    expect(github.asked).toEqual([]);
  });

  test.each([1, 2, 3])('and where call %i is refused one notice says so', async (at) => {
    github.trouble = (_, nth) =>
      nth === at ? { status: 403, body: { message: 'Resource not accessible' } } : undefined;
    expect(await tell(report, {}, listed)).toMatch(/^The deployment could not be written: .*deployments: write/);
  });

  test('and a verdict that is longer than GitHub takes is cut', async () => {
    await tell({ ...report, to: '9'.repeat(300) }, {}, listed);
    expect(github.state.deployments[0]?.statuses[1]?.description).toHaveLength(140);
  });
});

test('a run of `status` has no comment', async () => {
  merged(7);
  github.state.linked.set(commit, [7]);
  await tell({ ...report, status: { equal: 1, differing: 0, unknown: 0 } as unknown as NonNullable<Report['status']> });
  expect(github.asked).toEqual([]);
});

test('outside of a runner nobody is asked', async () => {
  const log = { info: (line: string) => void lines.push(line), debug: () => undefined } as unknown as Log;
  const clock: Clock = { now: () => 0, date: () => 0, sleep: async () => undefined };
  const given = { ...standard, context: folder, environment: 'production', deployment: true };
  expect(await (await openGithub(given, { environment: {}, clock, log })).end(report)).toEqual([]);
  expect(lines).toEqual([]);
});
