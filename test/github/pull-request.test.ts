import { describe, expect, test } from 'vitest';
import { report } from '../report/sample.js';
import { commit, stageOfEach, verdictOfSample } from '../support/github/stage.js';

const stage = stageOfEach();

describe('the pull request is found', () => {
  test('by the event, where that is about one', async () => {
    await stage.tell(report, { event: 'pull_request', payload: { pull_request: { number: 12 } } });
    expect(stage.bodies()).toEqual([[12, verdictOfSample]]);
  });

  test.each([0, 1, 2, 3, 4])(
    'when GitHub comes to know of it, a moment after the merge: after %i looks',
    async (empty) => {
      stage.merged(7);
      stage.github.state.commits.set(commit, 'Sell more');
      let looks = 0;
      stage.github.trouble = ({ operation }) => {
        if (operation !== 'repos/list-pull-requests-associated-with-commit') return undefined;
        looks += 1;
        return looks <= empty ? { status: 200, body: [] } : undefined;
      };
      stage.github.state.linked.set(commit, [7]);
      expect(await stage.tell(report)).toBeUndefined();
      expect(stage.bodies()).toEqual(empty < 4 ? [[7, verdictOfSample]] : []);
      expect(looks).toBe(Math.min(empty + 1, 4));
      expect(stage.paused.slice(0, Math.min(empty, 3))).toEqual([1_000, 2_000, 4_000].slice(0, empty));
    },
  );

  const kinds = ['merged as it', 'merged as another', 'open'] as const;
  const several = kinds.flatMap((a) => kinds.flatMap((b) => [[a, b], ...kinds.map((c) => [a, b, c])]));
  test.each([...kinds.map((kind) => [kind]), ...several])(
    'never by a guess among several: %s %s %s',
    async (...given) => {
      const all = given.filter((kind) => kind !== undefined);
      for (const [at, kind] of all.entries()) {
        if (kind === 'open') stage.opened(at + 1, commit);
        else stage.merged(at + 1, kind === 'merged as it' ? commit : 'f00d');
      }
      stage.github.state.linked.set(
        commit,
        all.map((_, at) => at + 1),
      );
      stage.github.state.commits.set(commit, 'Sell more');
      expect(await stage.tell(report)).toBeUndefined();
      const its = all.flatMap((kind, at) => (kind === 'merged as it' ? [at + 1] : []));
      const told = its.length === 1 ? its : its.length === 0 && all.length === 1 ? [1] : [];
      expect(stage.bodies().map(([number]) => number)).toEqual(told);
    },
  );

  test('by a squash’s message, where that pull request says so itself', async () => {
    stage.merged(7);
    stage.github.state.commits.set(commit, 'Sell more (#7)\n\nand better');
    await stage.tell(report);
    expect(stage.bodies()).toEqual([[7, verdictOfSample]]);
  });

  test.each([
    ['that was merged as something else', () => stage.merged(8, 'f00d')],
    ['that is open', () => stage.opened(8, commit)],
    ['that does not exist', () => undefined],
  ])('never by a number in a message of one %s', async (_, prepare) => {
    prepare();
    stage.github.state.commits.set(commit, 'Look like another one (#8)');
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.github.state.comments).toEqual([]);
    expect(stage.lines.join()).toContain('came by no pull request');
  });

  test('as the one that is merged by it, among others that only hold the commit', async () => {
    stage.merged(7);
    stage.opened(9);
    stage.merged(10, 'f00d');
    stage.github.state.linked.set(commit, [9, 7, 10]);
    await stage.tell(report);
    expect(stage.bodies()).toEqual([[7, verdictOfSample]]);
  });

  test('as the only one that holds the commit, where it is deployed before the merge', async () => {
    stage.opened(9);
    stage.github.state.linked.set(commit, [9]);
    stage.github.state.commits.set(commit, 'Sell more');
    await stage.tell(report);
    expect(stage.bodies()).toEqual([[9, verdictOfSample]]);
  });

  test('not at all where several hold the commit', async () => {
    stage.opened(9);
    stage.opened(10);
    stage.github.state.linked.set(commit, [9, 10]);
    stage.github.state.commits.set(commit, 'Sell more');
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.github.state.comments).toEqual([]);
    expect(stage.lines.join()).toContain('several pull requests (#9, #10)');
  });

  test('not at all where several were merged as the commit, whatever its message says', async () => {
    stage.merged(7);
    stage.merged(8);
    stage.github.state.linked.set(commit, [7, 8]);
    stage.github.state.commits.set(commit, 'Sell more (#7)');
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.github.state.comments).toEqual([]);
    expect(stage.lines.join()).toContain('is the merge of several pull requests (#7, #8)');
  });

  test('by the number that the user gives', async () => {
    await stage.tell(report, {}, { pullRequest: 3 });
    expect(stage.bodies()).toEqual([[3, verdictOfSample]]);
  });

  test('of a rollback: the one whose change it took back', async () => {
    const taken = 'dead000000000000000000000000000000000000';
    stage.merged(7);
    stage.merged(6, taken);
    stage.github.state.linked.set(taken, [6]);
    await stage.tell({ ...report, task: 'rollback', tookBack: { image: 'sha256:1', commit: taken } });
    expect(stage.bodies()).toEqual([[6, '✅ **Went back 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.**']]);
  });

  const another = 'dead000000000000000000000000000000000000';
  test.each([another, commit])(
    'and not the one on which somebody asked for it, whatever is taken back: %s',
    async (taken) => {
      stage.merged(6, taken);
      stage.github.state.linked.set(taken, [6]);
      const asked = { event: 'issue_comment', payload: { issue: { number: 9, pull_request: {} } } };
      await stage.tell({ ...report, task: 'rollback', tookBack: { image: 'sha256:1', commit: taken } }, asked);
      expect(stage.bodies().map(([number]) => number)).toEqual([6]);
    },
  );

  test('and of one that was refused before it was known what would be taken back nobody is told', async () => {
    await stage.tell({ ...report, task: 'rollback', outcome: 'refused' });
    expect(stage.github.asked).toEqual([]);
    expect(stage.lines.join()).toContain('No comment was written: nothing was taken back.');
  });

  test('and of one whose image names no commit nobody is told', async () => {
    await stage.tell({ ...report, task: 'rollback', tookBack: { image: 'sha256:1' } });
    expect(stage.github.asked).toEqual([]);
    expect(stage.lines.join()).toContain('does not say of which commit it is');
  });
});
