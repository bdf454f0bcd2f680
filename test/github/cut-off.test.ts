import { describe, expect, test } from 'vitest';
import { report } from '../report/sample.js';
import type { Deployment } from '../support/github/answers.js';
import { commit, stageOfEach } from '../support/github/stage.js';

const stage = stageOfEach();
const listed = { comment: false, deployment: true };

interface Earlier {
  /** Its states, the first one first. */
  readonly states?: readonly string[];
  readonly payload?: unknown;
  readonly environment?: string;
}

/** One that stands there already, by default of a run that was cut off. */
function earlier(run: number, { states = ['in_progress'], payload, environment = 'production' }: Earlier = {}) {
  const deployment: Deployment = {
    id: run,
    ref: commit,
    environment,
    task: 'deploy',
    payload: payload ?? { schema: 1, image: 'acme/shop:1', run, attempt: 1 },
    statuses: states.map((state) => ({ state })),
  };
  stage.github.state.deployments.push(deployment);
  return deployment;
}

const over = (run: number, status = 'completed', attempt = 1) =>
  void stage.github.state.runs.set(run, { status, run_attempt: attempt });
const states = ({ statuses }: Deployment) => statuses.map(({ state }) => state);
const cost = () => stage.github.asked.filter(({ method }) => method === 'GET').length;

test('a run that ends says of those before it that were cut off that they were', async () => {
  const [one, other] = [earlier(1), earlier(2, { states: [] })];
  over(1);
  over(2);
  expect(await stage.tell(report, {}, listed)).toBeUndefined();
  const cutOff = {
    state: 'error',
    description: 'Cut off: the run was over before it could say how the deploy ended.',
  };
  expect(one.statuses.at(-1)).toEqual({ ...cutOff, log_url: 'https://github.test/acme/shop/actions/runs/1' });
  expect(other.statuses.at(-1)).toEqual({ ...cutOff, log_url: 'https://github.test/acme/shop/actions/runs/2' });
  expect(states(stage.github.state.deployments[2] as Deployment)).toEqual(['in_progress', 'success']);
});

test('and so does a rollback', async () => {
  const one = earlier(1);
  over(1);
  await stage.tell({ ...report, task: 'rollback' }, {}, { ...listed, mode: 'rollback' });
  expect(states(one)).toEqual(['in_progress', 'error']);
});

describe('what stays as it is:', () => {
  const own = { schema: 1, run: 5, attempt: 1 };
  const kept: readonly (readonly [string, Earlier, (() => void)?])[] = [
    ['one whose run goes on', {}, () => over(1, 'in_progress')],
    ['one whose run waits', {}, () => over(1, 'queued')],
    ['one that has ended well', { states: ['in_progress', 'success'] }],
    ['one that has ended badly', { states: ['in_progress', 'failure'] }],
    ['one that is no longer active', { states: ['in_progress', 'success', 'inactive'] }],
    ['one that somebody else has made', { payload: { run: 1, attempt: 1 } }],
    ['one that somebody else has made with a text', { payload: 'schema' }],
    ['one of a shape that is not known', { payload: { schema: 2, run: 1, attempt: 1 } }],
    ['one of before runs were written down', { payload: { schema: 1, image: 'acme/shop:1' } }],
    ['one whose run is no number', { payload: { schema: 1, run: '../../user', attempt: 1 } }],
    ['one of another environment', { environment: 'staging' }],
    ['another one of this run', { payload: own }],
    ['one of a later attempt of this run', { payload: { ...own, attempt: 2 } }],
    ['one whose run cannot be found', {}, () => void stage.github.state.runs.delete(1)],
  ];
  test.each(kept.map(([what, given, prepare = () => undefined]) => ({ what, given, prepare })))(
    '$what',
    async ({ given, prepare }) => {
      over(1);
      const one = earlier(1, given);
      const before = states(one);
      prepare();
      expect(await stage.tell(report, {}, listed)).toBeUndefined();
      expect(states(one)).toEqual(before);
    },
  );

  test('one that says how it ended while it is looked whether its run is over', async () => {
    const one = earlier(1);
    over(1);
    stage.github.trouble = ({ operation }) => {
      if (operation === 'actions/get-workflow-run') one.statuses.push({ state: 'success' });
      return undefined;
    };
    await stage.tell(report, {}, listed);
    expect(states(one)).toEqual(['in_progress', 'success']);
  });
});

test('an earlier attempt of the same run, or of one that was started again, is over', async () => {
  const [own, other] = [earlier(1, { payload: { schema: 1, run: 5, attempt: 1 } }), earlier(2)];
  over(2, 'in_progress', 2);
  await stage.tell(report, { attempt: '2' }, listed);
  expect([own, other].map(states)).toEqual([
    ['in_progress', 'error'],
    ['in_progress', 'error'],
  ]);
});

test('only ten of the latest are looked at', async () => {
  const all = Array.from({ length: 14 }, (_, at) => earlier(at + 10));
  for (const { id } of all) over(id);
  await stage.tell(report, {}, listed);
  expect(all.filter((each) => states(each).at(-1) === 'error').map(({ id }) => id)).toEqual(
    // Its own one is the tenth.
    all.slice(-9).map(({ id }) => id),
  );
});

test('where there is nothing to do it costs four requests at most', async () => {
  for (let run = 10; run < 30; run++) earlier(run, { states: ['in_progress', 'success'] });
  await stage.tell(report, {}, listed);
  expect(cost()).toBe(4);
  // Of its own one it knows.
  expect(stage.github.asked.map(({ method, path }) => `${method} ${path}`)).not.toContain(
    'GET /repos/acme/shop/deployments/100/statuses',
  );
});

test.each([
  ['a plan', { mode: 'plan' }],
  ['a dry run', { dryRun: true }],
  ['one whose user wants no deployments', { deployment: false }],
])('%s looks at none', async (_, inputs) => {
  const one = earlier(1);
  over(1);
  await stage.tell(report, {}, { ...listed, ...inputs });
  expect(stage.github.asked).toEqual([]);
  expect(states(one)).toEqual(['in_progress']);
});

const unable = [403, 404, 500, 'cut'] as const;
const calls = ['repos/list-deployments', 'repos/list-deployment-statuses', 'actions/get-workflow-run'] as const;
test.each(calls.flatMap((call) => unable.map((what) => [call, what] as const)))(
  'where %s has %s for an answer they stay, and nothing is said',
  async (call, what) => {
    const one = earlier(1);
    over(1);
    stage.github.trouble = ({ operation }) =>
      operation === call ? (what === 'cut' ? what : { status: what }) : undefined;
    expect(await stage.tell(report, {}, listed)).toBeUndefined();
    expect(states(one)).toEqual(['in_progress']);
  },
);
