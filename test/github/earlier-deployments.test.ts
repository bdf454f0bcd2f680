import { describe, expect, test } from 'vitest';
import { report } from '../report/sample.js';
import { begun, type Deployment, type Status } from '../support/github/answers.js';
import { stageOfEach } from '../support/github/stage.js';

const stage = stageOfEach();
const asked = { mode: 'plan', comment: false } as const;
const commit = (digit: string) => digit.repeat(40);

async function earlier() {
  const { deployments } = await stage.open(report, {}, asked);
  if (deployments === undefined) throw new Error('GitHub cannot be asked.');
  return deployments;
}

/** One that stands there, with its statuses, the first one first. */
function listed(id: number, statuses: readonly Status[], more: Partial<Deployment> = {}): void {
  stage.github.state.deployments.push({
    ...{ id, ref: commit(String(id)), environment: 'production', task: 'deploy' },
    ...{ payload: { schema: 1, image: `shop:${id}` }, statuses: [...statuses] },
    ...more,
  });
}
const [began, success, inactive, failure]: readonly Status[] = [
  { state: 'in_progress' },
  { state: 'success' },
  { state: 'inactive' },
  { state: 'failure' },
];
const all = (...statuses: readonly (Status | undefined)[]) => statuses.flatMap((each) => each ?? []);

describe('what was deployed last', () => {
  test('is the latest that succeeded, a rollback too, whatever was tried since and though it may be inactive', async () => {
    listed(1, all(began, success));
    listed(2, all(began, success, inactive), { task: 'rollback' });
    listed(3, all(began, failure));
    listed(4, all(began));
    listed(5, []);
    expect(await (await earlier()).last('production')).toEqual({ commit: commit('2'), image: 'shop:2', at: begun });
  });

  test('is the one that succeeded last, though it was begun before another and waited for it', async () => {
    const at = (minute: number) => ({ ...(success as Status), created_at: `2026-01-02T03:0${minute}:00Z` });
    listed(1, all(began, at(5)));
    listed(2, all(began, at(3)), { task: 'rollback' });
    expect(await (await earlier()).last('production')).toMatchObject({ commit: commit('1') });
  });

  test('is nothing where a rollback went to what nobody knows the commit of', async () => {
    listed(1, all(success));
    const back = { mode: 'rollback', deployment: true, comment: false };
    await stage.notices({ ...report, task: 'rollback', wentTo: { image: 'sha256:1' } }, {}, back);
    expect(stage.github.state.deployments.at(-1)?.statuses.at(-1)?.state).toBe('success');
    expect(await (await earlier()).last('production')).toBeUndefined();
  });

  test('is nothing where nothing was, or elsewhere', async () => {
    listed(1, all(began, success), { environment: 'staging' });
    expect(await (await earlier()).last('production')).toBeUndefined();
  });

  test('is what a job says only where hot-deploy has said nothing', async () => {
    listed(1, all(success), { payload: {} });
    listed(2, all(success), { payload: 'shop:2' });
    expect(await (await earlier()).last('production')).toEqual({ commit: commit('2'), at: begun });
    listed(3, all(success));
    listed(4, all(success), { payload: {} });
    expect(await (await earlier()).last('production')).toMatchObject({ image: 'shop:3' });
  });

  test.each([['--help'], [7], [undefined], ['a b']])('has no image that is none: %j', async (image) => {
    listed(1, all(success), { payload: { schema: 1, image } });
    expect(await (await earlier()).last('production')).toEqual({ commit: commit('1'), at: begun });
  });

  test('is no commit that is none', async () => {
    listed(1, all(success), { ref: 'main' });
    expect(await (await earlier()).last('production')).toBeUndefined();
  });

  test('is what a deploy itself has written there', async () => {
    const written = { mode: 'deploy', deployment: true, comment: false };
    await stage.notices({ ...report, outcome: 'deployed' }, { commit: commit('a') }, written);
    await stage.notices({ ...report, outcome: 'rolled-back' }, { commit: commit('b') }, written);
    expect(await (await earlier()).last('production')).toEqual({
      commit: commit('a'),
      image: 'acme/shop:2',
      at: begun,
    });
    expect(await (await earlier()).downtimes('production', 'relup')).toEqual([0]);
    expect(stage.github.wrong).toEqual([]);
  });

  test('cannot be said where GitHub does not answer', async () => {
    stage.github.trouble = () => ({ status: 403, body: { message: 'Resource not accessible by integration' } });
    await expect((await earlier()).last('production')).rejects.toThrow('403');
  });
});

test('nothing is asked twice, though both are asked for', async () => {
  for (let id = 1; id <= 3; id++) listed(id, all(began, success));
  const { last, downtimes } = await earlier();
  await last('production');
  await downtimes('production', 'relup');
  const paths = stage.github.asked.map(({ path }) => path);
  expect(paths).toHaveLength(4);
  expect(new Set(paths).size).toBe(4);
});

test('downtimes are those of the last five deploys by the same method that measured one', async () => {
  const measured = (ms: number, method = 'recreate') => ({
    state: 'success',
    description: `Deployed. [${method}, down ${ms} ms]`,
  });
  for (let id = 1; id <= 7; id++) listed(id, all(began, measured(id * 100), inactive));
  listed(8, all(began, measured(5, 'relup')));
  listed(9, all(began, success));
  const { downtimes } = await earlier();
  expect(await downtimes('production', 'recreate')).toEqual([700, 600, 500, 400, 300]);
  expect(await downtimes('production', 'relup')).toEqual([5]);
  expect(await downtimes('production', 'none')).toEqual([]);
  expect(stage.github.wrong).toEqual([]);
});
