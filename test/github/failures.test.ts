import { beforeEach, describe, expect, test } from 'vitest';
import { report, rolledBack } from '../report/sample.js';
import { commit, stageOfEach } from '../support/github/stage.js';

const stage = stageOfEach();

describe('what goes wrong changes nothing about the verdict', () => {
  beforeEach(() => {
    stage.merged(7);
    stage.github.state.linked.set(commit, [7]);
  });

  test('a token that may only read: one notice says so, and what it takes', async () => {
    stage.github.trouble = ({ method }) =>
      method === 'GET' ? undefined : { status: 403, body: { message: 'Resource not accessible by integration' } };
    const notice = await stage.tell(report);
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
      await stage.tell(report);
      const before = stage.github.asked.length;
      stage.github.trouble = (_, nth) => (nth - before >= at ? answer : undefined);
      expect(await stage.tell(rolledBack)).toMatch(/^The comment on the pull request could not be written: /);
      expect(stage.github.state.comments).toHaveLength(1);
    },
  );

  test.each(failures.flatMap(([what, answer]) => [1, 2, 3].map((at) => [what, at, answer] as const)))(
    '%s at call %i alone: there is one comment at most',
    async (_, at, answer) => {
      stage.github.trouble = (_, nth) => (nth === at ? answer : undefined);
      const notice = await stage.tell(report);
      expect(stage.github.state.comments.length).toBe(notice === undefined ? 1 : 0);
    },
  );

  test('an answer that is lost after the comment was written: it is found, and not written twice', async () => {
    let lost = false;
    stage.github.trouble = ({ operation }) => {
      if (operation !== 'issues/create-comment' || lost) return undefined;
      lost = true;
      return { after: 'cut' };
    };
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.github.state.comments).toHaveLength(1);
    expect(stage.github.state.comments[0]?.body).not.toContain('Previous runs');
    expect(stage.github.asked.filter(({ method }) => method !== 'GET')).toHaveLength(1);
  });

  test('a comment that GitHub does not show yet is not written a second time', async () => {
    stage.github.trouble = ({ operation }) =>
      operation === 'issues/list-comments' ? { status: 200, body: [] } : undefined;
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.github.state.comments).toHaveLength(1);
  });

  test('a repository that has another name now is followed there, and nowhere else', async () => {
    const moved = (to: string) => ({ status: 307, headers: { location: to } });
    stage.github.trouble = ({ path }, nth) => (nth === 1 ? moved(`${stage.github.url}${path}`) : undefined);
    expect(await stage.tell(report)).toBeUndefined();
    const before = stage.github.asked.length;
    stage.github.trouble = (_, nth) => (nth > before ? moved('https://elsewhere.test/') : undefined);
    expect(await stage.tell(report)).toMatch(/could not be written: .* 307/);
    const again = stage.github.asked.length;
    stage.github.trouble = ({ path }, nth) => (nth > again ? moved(`${stage.github.url}${path}`) : undefined);
    expect(await stage.tell(report)).toMatch(/could not be written: .* 307/);
  });

  test('a short limit is waited for', async () => {
    stage.github.trouble = (_, nth) => (nth === 1 ? { status: 429, headers: { 'retry-after': '2' } } : undefined);
    expect(await stage.tell(report)).toBeUndefined();
    expect(stage.paused[0]).toBe(2_000);
  });
});
