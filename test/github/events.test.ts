import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { pastOf, readHistory } from '../../src/report/comment.js';
import { report } from '../report/sample.js';
import { commit, stageOfEach } from '../support/github/stage.js';

const stage = stageOfEach();

interface Event {
  readonly event: string;
  /** Undefined where there is none; a text where it is not what it should be. */
  readonly payload: object | string | undefined;
  /** Its pull request; undefined where it is about none, and the commit has to say. */
  readonly about?: number;
}

/** @param from the repository that holds the changes */
const events = (from: string): readonly Event[] => {
  const pull = { number: 12, head: { repo: { full_name: from }, sha: 'f00d' } };
  const pulls = [{ number: 12 }];
  return [
    { event: 'pull_request', payload: { pull_request: pull }, about: 12 },
    { event: 'pull_request_target', payload: { pull_request: pull }, about: 12 },
    { event: 'pull_request_review', payload: { pull_request: pull }, about: 12 },
    { event: 'issue_comment', payload: { issue: { number: 12, pull_request: {} } }, about: 12 },
    { event: 'issue_comment', payload: { issue: { number: 12 } } },
    { event: 'push', payload: { head_commit: { id: commit } } },
    { event: 'workflow_dispatch', payload: { inputs: { to: 'previous' } } },
    { event: 'schedule', payload: { schedule: '0 0 * * *' } },
    // A workflow that is called has its caller's event; should it ever have its own, that is about none.
    { event: 'workflow_call', payload: {} },
    { event: 'merge_group', payload: { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/main/pr-12-f00d' } } },
    { event: 'release', payload: { release: { tag_name: 'v1' } } },
    // It runs on the default branch, whatever its pull requests are.
    {
      event: 'workflow_run',
      payload: { workflow_run: { pull_requests: pulls, head_repository: { full_name: from } } },
    },
    { event: 'check_suite', payload: { check_suite: { pull_requests: pulls } } },
    { event: 'frobnicated', payload: { number: 12 } },
    { event: '', payload: {} },
    { event: 'pull_request', payload: undefined },
    { event: 'pull_request', payload: 'no JSON' },
    { event: 'pull_request', payload: 'null' },
    { event: 'pull_request', payload: '[]' },
    { event: 'pull_request', payload: {} },
    ...['12', -1, 0, 1.5, null, {}].map((number) => ({ event: 'pull_request', payload: { pull_request: { number } } })),
    { event: 'issue_comment', payload: { issue: null } },
  ];
};

const tokens = ['that may write', 'that may read', 'that there is not'] as const;
const taken = 'dead000000000000000000000000000000000000';
const planned = { ...report, outcome: 'planned', containers: [] } as const;
const back = {
  ...report,
  task: 'rollback',
  tookBack: { image: 'sha256:1', commit: taken },
  wentTo: { image: 'sha256:2', commit: 'bead' },
} as const;
/** Of each mode what it reports, as which commit it is listed, and whom it tells where the event is about somebody. */
const modes: Readonly<Record<string, { told: Report; ref?: string; tells: (about: number | undefined) => number }>> = {
  deploy: { told: report, ref: commit, tells: (about) => about ?? 7 },
  plan: { told: planned, tells: (about) => about ?? 7 },
  rollback: { told: back, ref: 'bead', tells: () => 6 },
};

const cases = ['acme/shop', 'mallory/shop'].flatMap((from) =>
  events(from).flatMap((event) =>
    tokens.flatMap((token) => Object.keys(modes).map((mode) => ({ ...event, from, token, mode }))),
  ),
);

test.each(cases)('a $mode for $event of $from with a token $token: $payload', async (given) => {
  const { event, payload, about, token, mode } = given;
  const { told, ref, tells } = modes[mode] as (typeof modes)[string];
  stage.merged(7);
  stage.merged(6, taken);
  stage.opened(12);
  stage.github.state.linked.set(commit, [7]).set(taken, [6]);
  const denied = { status: 403, body: { message: 'Resource not accessible by integration' } };
  if (token === 'that may read') stage.github.trouble = ({ method }) => (method === 'GET' ? undefined : denied);
  const inputs = { mode, deployment: true, ...(token === 'that there is not' && { githubToken: undefined }) };
  const notices = await stage.notices(told, { event, payload }, inputs);

  const writes = token === 'that may write';
  expect(stage.bodies().map(([number]) => number)).toEqual(writes ? [tells(about)] : []);
  const listed = stage.github.state.deployments.map((each) => [each.ref, each.statuses.map(({ state }) => state)]);
  expect(listed).toEqual(writes && ref !== undefined ? [[ref, ['in_progress', 'success']]] : []);
  if (token === 'that there is not') expect(stage.github.asked).toEqual([]);
  const wanted = token !== 'that may read' ? [] : [...(ref ? ['deployments'] : []), 'pull-requests'];
  expect(notices.map((notice) => /`permissions: ([\w-]+): write`/.exec(notice)?.[1])).toEqual(wanted);
});

describe('two environments on one pull request', () => {
  test('have a comment each, and each its own history', async () => {
    stage.merged(7);
    stage.github.state.linked.set(commit, [7]);
    const runs = Array.from({ length: 6 }, (_, at) => ({
      ...report,
      environment: at % 2 === 0 ? 'production' : 'staging',
      startedAt: `2026-01-0${at + 1}T00:00:00.000Z`,
    }));
    for (const run of runs) await stage.tell(run);
    const histories = stage.github.state.comments.map(({ body }) =>
      ['production', 'staging'].map((environment) => readHistory(body, environment)),
    );
    const [production, staging] = [runs.filter((_, at) => at % 2 === 0), runs.filter((_, at) => at % 2 === 1)].map(
      (all) => all.reverse().map(pastOf),
    );
    expect(histories).toEqual([
      [production, []],
      [[], staging],
    ]);
  });
});
