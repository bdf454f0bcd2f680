import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { commentLimit, pastOf, readHistory, renderComment } from '../../src/report/comment.js';
import { renderSummary } from '../../src/report/summary.js';
import { everything } from '../support/tier.js';
import { plain, skeleton } from './rendered.js';
import { hostileTexts, report, rolledBack, withText } from './sample.js';

const alone = { history: [] };

test('the comment on a hot deploy', async () => {
  const frame = { history: [pastOf(rolledBack)], rollbackUrl: 'https://github.com/acme/kv/actions/workflows/back.yml' };
  await expect(renderComment(report, frame)).toMatchFileSnapshot('golden/comment.md');
});

test('holds the report whole, for machines', () => {
  const [, json = ''] = /```json\n(.*?)\n```/s.exec(renderComment(report, alone)) ?? [];
  expect(JSON.parse(json)).toEqual(report);
});

test('has it as long as there is room, and says where it is when there is none', () => {
  const [container] = report.containers;
  const fleet = (size: number) =>
    ({
      ...report,
      containers: Array.from({ length: size }, (_, at) => ({ ...container, name: `kv-${at}` })),
    }) as Report;
  const jsonOf = (text: string) => /```json\n(.*?)\n```/s.exec(text)?.[1] ?? 'null';
  const told = (size: number) => renderComment(fleet(size), alone);
  // The largest that it has, and one more, which it has not.
  let [most, more] = [1, 100];
  while (more - most > 1) {
    const size = Math.floor((most + more) / 2);
    if (jsonOf(told(size)) === 'null') more = size;
    else most = size;
  }
  for (const size of [1, most]) expect(JSON.parse(jsonOf(told(size)))).toEqual(fleet(size));
  expect(most).toBeGreaterThan(13);
  expect(told(most)).not.toContain('_Cut here');
  expect(told(more)).toContain('it is in the report file._\n\n<!--');
});

test('shows the end of the log, folded, and nothing of what other programs said', () => {
  const refused = { ...report, outcome: 'refused', output: ['TOKEN=hunter2'] } as const;
  const comment = renderComment(refused, { ...alone, log: ['Find the containers', 'canary: kv-1 ``` </details>'] });
  expect(comment).toContain('<details><summary>The end of the log</summary>\n\n````text\nFind the containers\n');
  expect(comment).toContain('canary: kv-1 ``` </details>\n````\n\n</details>');
  expect(comment).not.toContain('hunter2');
  expect(renderSummary(refused)).toContain('TOKEN=hunter2');
});

describe('a comment that would be longer than GitHub takes', () => {
  const [container] = report.containers;
  const many = { ...report, containers: Array.from({ length: 900 }, (_, at) => ({ ...container, name: `kv-${at}` })) };
  const long = renderComment(many as typeof report, alone);

  test('is cut, says so, and is found by the next run all the same', () => {
    expect(long.length).toBeLessThanOrEqual(commentLimit);
    expect(long.length).toBeGreaterThan(1_000);
    expect(long).toContain('_Cut here: the rest is in the report file._');
    expect(readHistory(long, report.environment)).toEqual([pastOf(many as typeof report)]);
    expect(long.match(/^\| <code>kv-\d+/gm)?.length).toBeGreaterThan(300);
  });

  test.each([1, 2, 3])('is cut by what GitHub counts, whatever letters it has: %i', (width) => {
    const wide = ['ö', '漢', '😀'][width - 1]?.repeat(300) ?? '';
    const text = { ...many, warnings: Array.from({ length: 400 }, () => wide) } as typeof report;
    expect(renderComment(text, alone).length).toBeLessThanOrEqual(commentLimit);
  });
});

test('names of any length leave room for the comment', () => {
  const long = { ...report, from: 'x'.repeat(commentLimit), runUrl: `https://x.test/${'x'.repeat(commentLimit)}` };
  const history = Array.from({ length: 5 }, () => pastOf(long));
  expect(renderComment(long, { history }).length).toBeLessThanOrEqual(commentLimit);
  expect(readHistory(renderComment(long, { history }), report.environment)).toHaveLength(5);
});

describe('what it told before', () => {
  const environment = 'prod --> <b>';

  test('is read from it again, the latest first, and five of it at most', () => {
    let comment = '';
    for (let day = 1; day < 9; day++) {
      const at = { ...report, environment, startedAt: `2026-01-0${day}T00:00:00.000Z` };
      comment = renderComment(at, { history: readHistory(comment, environment) });
    }
    expect(readHistory(comment, environment).map(({ at }) => at.slice(8, 10))).toEqual(['08', '07', '06', '05', '04']);
    expect(comment).toContain('2026-01-03');
    expect(comment).not.toContain('2026-01-02T');
  });

  test('of another environment is not its own', () => {
    expect(readHistory(renderComment(report, alone), 'staging')).toEqual([]);
  });

  test.each(['', '<!-- hot-deploy', 'no mark at all'])('is nothing where somebody has changed it: %j', (text) => {
    expect(readHistory(text, environment)).toEqual([]);
  });

  test('is plain text again, whatever somebody has put there', () => {
    const end = (at: string, said: string, runUrl: string) => {
      const comment = renderComment(report, { history: [{ ...pastOf(report), at, said, runUrl }] });
      return skeleton(plain(comment)).slice(-2_000);
    };
    const harmless = end('then', 'text', 'https://x.test/');
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'grapheme' })), (said) => {
        expect(end(said, said, `https://x.test/${said}`)).toBe(harmless);
      }),
      { numRuns: everything ? 100 : 40 },
    );
  });

  test('is not believed where it is none', () => {
    const nonsense = [
      null,
      1,
      'x',
      { at: 1 },
      { at: 'a', said: 's', outcome: 'splendid' },
      { ...pastOf(report), runUrl: 'javascript:x' },
    ];
    const mark = `<!-- hot-deploy ${Buffer.from('p').toString('base64url')} ${Buffer.from(JSON.stringify(nonsense)).toString('base64url')} -->`;
    const { runUrl: _, ...rest } = pastOf(report);
    expect(readHistory(mark, 'p')).toEqual([rest]);
  });
});

const harmless = skeleton(plain(renderComment(withText('text'), alone)));

test.each(hostileTexts.filter((text) => text.trim() !== ''))('text from outside stays text: %j', (text) => {
  expect(skeleton(plain(renderComment(withText(text), alone)))).toBe(harmless);
});
