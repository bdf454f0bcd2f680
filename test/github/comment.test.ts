import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { report, rolledBack } from '../report/sample.js';
import { commit, stageOfEach, verdictOfSample } from '../support/github/stage.js';

const stage = stageOfEach();

describe('a push tells the pull request that brought its commit', () => {
  beforeEach(() => {
    stage.merged(7);
    stage.github.state.linked.set(commit, [7]);
  });

  test('in one comment, whose first line is the verdict', async () => {
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.bodies()).toEqual([[7, verdictOfSample]]);
    expect(stage.lines).toEqual(['comment: http://github.test/c/100']);
  });

  test('which the next run writes over, and which remembers what it said before', async () => {
    await stage.tell(report);
    await stage.tell({ ...rolledBack, startedAt: '2026-01-03T00:00:00.000Z' });
    expect(stage.bodies()).toEqual([[7, expect.stringMatching(/^↩️ \*\*Rolled back/)]]);
    const [{ body = '' } = {}] = stage.github.state.comments;
    expect(body).toContain('<summary>Previous runs</summary>');
    expect(body).toContain(`[2026-01-02T03:04:05.000Z](<${report.runUrl}>): ✅ Deployed 0.1.0 → 0.2.0 hot`);
  });

  test('and another environment has a comment of its own', async () => {
    await stage.tell(report);
    await stage.tell({ ...report, environment: 'staging' });
    await stage.tell({ ...report, environment: 'staging' });
    expect(stage.github.state.comments).toHaveLength(2);
  });

  test('also where a hundred others have been written before it', async () => {
    await stage.tell(report);
    const [own] = stage.github.state.comments.splice(0);
    const user = { login: 'ada', type: 'User' } as const;
    for (let id = 1; id <= 130; id++) stage.github.state.comments.push({ id, body: `no. ${id}`, pullRequest: 7, user });
    if (own) stage.github.state.comments.push(own);
    await stage.tell(report);
    expect(stage.github.state.comments).toHaveLength(131);
  });

  test('and what somebody else has written stays theirs, whatever mark is in it', async () => {
    await stage.tell(report);
    const [first] = stage.github.state.comments.splice(0);
    const mine = { id: 1, body: first?.body ?? '', pullRequest: 7, user: { login: 'mallory', type: 'User' } as const };
    stage.github.state.comments.push(mine);
    const before = mine.body;
    await stage.tell(rolledBack);
    expect(mine.body).toBe(before);
    expect(stage.github.state.comments).toHaveLength(2);
  });

  test('and neither a copy by another bot is removed, nor one to which somebody has added something', async () => {
    await stage.tell(report);
    const { comments } = stage.github.state;
    const [{ body = '' } = {}] = comments;
    const [bot, another] = ['github-actions[bot]', 'translator[bot]'].map((login) => ({ login, type: 'Bot' }) as const);
    if (bot === undefined || another === undefined) throw new Error('There are two.');
    const copies = [
      { id: 200, body, pullRequest: 7, user: another },
      { id: 201, body: `> ${body}\n\nSee above.`, pullRequest: 7, user: bot },
    ];
    for (const copy of copies) comments.push({ ...copy });
    await stage.tell({ ...rolledBack, startedAt: '2026-01-03T00:00:00.000Z' });
    expect(comments.slice(1)).toEqual(copies);
    expect(stage.bodies()[0]).toEqual([7, expect.stringMatching(/^↩️ \*\*Rolled back/)]);
  });

  test('and a token of a person finds that one’s comment again', async () => {
    stage.github.login = 'deployer';
    await stage.tell(report);
    await stage.tell(report);
    expect(stage.github.state.comments).toHaveLength(1);
  });

  test('with a link to where a rollback can be started', async () => {
    const workflows = join(stage.folder, '.github', 'workflows');
    await mkdir(workflows, { recursive: true });
    await writeFile(join(workflows, 'deploy.yml'), 'on: push\n');
    await writeFile(join(workflows, 'rollback.yml'), 'on:\n  workflow_dispatch:\n# ...\n          mode: rollback\n');
    await stage.tell(report);
    const address = 'https://github.test/acme/shop/actions/workflows/rollback.yml';
    expect(stage.github.state.comments[0]?.body).toContain(`[roll back](<${address}>)`);
  });

  test.each(['on: workflow_dispatch\n', 'on: [workflow_call, workflow_dispatch]\n', '"on":\n  - workflow_dispatch\n'])(
    'also from a folder of the repository that is deployed alone, and however it can be started: %j',
    async (on) => {
      const workflows = join(stage.folder, '.github', 'workflows');
      await mkdir(workflows, { recursive: true });
      await writeFile(join(workflows, 'deploy.yml'), `on: push\n# workflow_dispatch\n          mode: rollback\n`);
      await writeFile(join(workflows, 'rollback.yml'), `${on}          mode: rollback\n`);
      await stage.tell(report, {}, { context: join(stage.folder, 'services', 'shop') });
      expect(stage.github.state.comments[0]?.body).toContain('/actions/workflows/rollback.yml>)');
    },
  );

  test.each([
    ['`comment` is false', { comment: false }],
    ['there is no token', { githubToken: undefined }],
  ])('but not where %s', async (_, inputs) => {
    expect(await stage.tell(report, {}, inputs)).toBeUndefined();
    expect(stage.github.asked).toEqual([]);
  });
});

test('a run of `status` has no comment', async () => {
  stage.merged(7);
  stage.github.state.linked.set(commit, [7]);
  await stage.tell({
    ...report,
    status: { equal: 1, differing: 0, unknown: 0 } as unknown as NonNullable<Report['status']>,
  });
  expect(stage.github.asked).toEqual([]);
});

test('outside of a runner nobody is asked', async () => {
  expect(await stage.notices(report, { environment: {} }, { deployment: true })).toEqual([]);
  expect(stage.lines).toEqual([]);
});
