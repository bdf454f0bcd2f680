import { beforeEach, expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { commentLimit, pastOf, readHistory } from '../../src/report/comment.js';
import { report } from '../report/sample.js';
import { commit, stageOfEach } from '../support/github/stage.js';

const stage = stageOfEach();
beforeEach(() => {
  stage.merged(7);
  stage.github.state.linked.set(commit, [7]);
});

async function written(told: Report): Promise<string> {
  expect(await stage.tell(told)).toBeUndefined();
  expect(stage.github.state.comments).toHaveLength(1);
  return stage.github.state.comments[0]?.body ?? '';
}

const cutHere = '_Cut here: the rest is in the report file._';
/** Items of a list that together are as many bytes of the comment, each with two before it and one behind it. */
function items(bytes: number): readonly string[] {
  const whole = Math.floor((bytes - 4) / 100);
  return [...Array.from({ length: whole }, () => 'x'.repeat(97)), 'x'.repeat(bytes - whole * 100 - 3)];
}
const asLong = (bytes: number): Report => ({ ...report, warnings: items(bytes) });
/** As many letters, a hundred an item. */
const inLetters = (letter: string, count: number): Report => ({
  ...report,
  warnings: Array.from({ length: Math.ceil(count / 100) }, () => letter.repeat(100)),
});

/** How long the list may be, so that the comment is as long as it may be. */
async function longest(): Promise<number> {
  // The report as JSON is left out of one as long as this.
  const body = await written(asLong(40_000));
  return 40_000 + commentLimit - Buffer.byteLength(body);
}

test('a comment of exactly as much as GitHub takes is written whole, and one of a character more is cut', async () => {
  const most = await longest();
  const whole = await written(asLong(most));
  expect(Buffer.byteLength(whole)).toBe(commentLimit);
  expect(whole).not.toContain(cutHere);
  const cut = await written(asLong(most + 1));
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(commentLimit);
  expect(cut).toContain(cutHere);
});

test.each([
  ['ten times as much', (most: number) => asLong(most * 10)],
  ['as many letters of two bytes', (most: number) => inLetters('ö', most)],
  ['as many letters of three bytes', (most: number) => inLetters('漢', most)],
  ['as many letters of four bytes', (most: number) => inLetters('😀', most)],
  ['ten times as many of them', (most: number) => inLetters('😀', most * 10)],
])('one of %s is cut, and found by the next run', async (_, reported) => {
  const most = await longest();
  const told = { ...reported(most), startedAt: '2026-02-02T00:00:00.000Z' };
  const body = await written(told);
  // However GitHub counts, bytes are the most of it.
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(commentLimit);
  expect(body).toContain(cutHere);
  expect(readHistory(body, report.environment)[0]).toEqual(pastOf(told));
  expect(await written({ ...report, startedAt: '2026-02-03T00:00:00.000Z' })).toContain('2026-02-02T00:00:00.000Z');
});

test.each([
  ['a version', (text: string) => ({ ...report, to: text })],
  ['a message', (text: string) => ({ ...report, message: text })],
  ['a reason', (text: string) => ({ ...report, reasons: report.reasons.map((each) => ({ ...each, message: text })) })],
])('and so is whatever %s is as long', async (_, reported) => {
  for (const letter of ['9', '漢', '😀']) {
    const told = reported(letter.repeat(commentLimit));
    const body = await written(told);
    expect(readHistory(body, report.environment)[0]).toEqual(pastOf(told));
  }
});

test('and half a letter is never sent', async () => {
  for (const length of [499, 500, 501, 502])
    await written({ ...report, to: `${'9'.repeat(length % 2)}${'😀'.repeat(length)}` });
  await written({ ...report, to: '\ud800 lone', message: '\ud800 lone', startedAt: '\ud800' });
});
