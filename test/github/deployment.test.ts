import { describe, expect, test } from 'vitest';
import { report } from '../report/sample.js';
import { commit, stageOfEach, verdictOfSample } from '../support/github/stage.js';

const stage = stageOfEach();

describe('a deploy is listed among the deployments', () => {
  const listed = { comment: false, deployment: true };
  const statuses = () =>
    stage.github.state.deployments.map(({ ref, environment, task, statuses: all }) => ({
      ref,
      environment,
      task,
      states: all.map(({ state }) => state),
    }));

  test('from its beginning to its end, with what happened, its log and its address', async () => {
    await stage.tell(report, {}, { ...listed, environmentUrl: 'https://shop.test' });
    expect(statuses()).toEqual([
      { ref: commit, environment: 'production', task: 'deploy', states: ['in_progress', 'success'] },
    ]);
    expect(stage.github.state.deployments[0]).toMatchObject({
      payload: { schema: 1, image: 'acme/shop:2', run: 5, attempt: 1 },
      statuses: [
        { log_url: 'https://github.test/acme/shop/actions/runs/5' },
        {
          description: `${verdictOfSample.slice(4, -2)} [relup, down 0 ms]`,
          log_url: report.runUrl,
          environment_url: 'https://shop.test',
        },
      ],
    });
  });

  test.each([
    ['rolled-back', 'failure'],
    ['refused', 'failure'],
    ['failed', 'error'],
    ['unchanged', 'success'],
  ] as const)('and one that ends as %s as %s', async (outcome, state) => {
    await stage.tell({ ...report, outcome }, {}, listed);
    expect(statuses()[0]?.states).toEqual(['in_progress', state]);
  });

  test('and one whose run broke off as an error', async () => {
    const reporting = await stage.open(report, {}, listed);
    await reporting.breakOff();
    expect(statuses()[0]?.states).toEqual(['in_progress', 'error']);
    expect(stage.github.state.deployments[0]?.statuses.at(-1)?.description).toBe(
      'Broken off by an error: see the log.',
    );
    expect(stage.github.wrong).toEqual([]);
    stage.github.trouble = () => 'cut';
    await (await stage.open(report, {}, listed)).breakOff();
  });

  test('before anything has ended', async () => {
    const begun: string[] = [];
    stage.github.trouble = ({ operation }) => void begun.push(operation);
    await stage.open(report, {}, listed);
    await expect.poll(() => begun).toEqual(['repos/create-deployment', 'repos/create-deployment-status']);
  });

  test('of a rollback: as the commit that it went to', async () => {
    const to = 'dead000000000000000000000000000000000000';
    const went = { ...report, task: 'rollback', wentTo: { image: 'sha256:1', commit: to } } as const;
    await stage.tell(went, {}, { ...listed, mode: 'rollback' });
    expect(statuses()).toEqual([
      { ref: to, environment: 'production', task: 'rollback', states: ['in_progress', 'success'] },
    ]);
  });

  test.each([
    ['a plan', { mode: 'plan' }],
    ['a dry run', { dryRun: true }],
    ['one whose user does not want it', { deployment: false }],
  ])('but %s is not', async (_, inputs) => {
    await stage.tell(report, {}, { ...listed, ...inputs });
    expect(stage.github.asked).toEqual([]);
  });

  const denied = { status: 403, body: { message: 'Resource not accessible' } };
  test.each([1, 3])('and where call %i is refused one notice says so', async (at) => {
    stage.github.trouble = (_, nth) => (nth === at ? denied : undefined);
    expect(await stage.tell(report, {}, listed)).toMatch(/^The deployment could not be written: .*deployments: write/);
  });

  test('and where only its beginning could not be shown it has its end all the same', async () => {
    stage.github.trouble = (_, nth) => (nth === 2 ? denied : undefined);
    expect(await stage.tell(report, {}, listed)).toBeUndefined();
    expect(statuses()[0]?.states).toEqual(['success']);
  });

  test('and one of which the answer was lost is found again, and not made twice', async () => {
    stage.github.trouble = (_, nth) => (nth === 1 ? { after: 'cut' } : undefined);
    expect(await stage.tell(report, {}, listed)).toBeUndefined();
    expect(statuses().map(({ states }) => states)).toEqual([['in_progress', 'success']]);
  });

  test('and a verdict that is longer than GitHub takes is cut', async () => {
    await stage.tell({ ...report, to: '9'.repeat(300) }, {}, listed);
    expect(stage.github.state.deployments[0]?.statuses[1]?.description).toHaveLength(140);
  });
});
