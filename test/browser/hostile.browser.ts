import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { commentLimit, pastOf, renderComment } from '../../src/report/comment.js';
import { hostileTexts, report, withText } from '../report/sample.js';
import { differing, looked, row } from '../report/status-sample.js';
import { expectHarmless, inBrowser, look, shown } from './pages.js';

inBrowser();

const hostile = hostileTexts.filter((text) => text.trim() !== '');

describe('whatever comes from outside, the page is that of a harmless word in the same places:', () => {
  look('a deploy', async () => await expectSame(hostile, deploy));
  look('a look at what runs', async () => await expectSame(hostile, status));

  look('in any mixture', async () => {
    const piece = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
    const text = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => `a${pieces.join('')}`.slice(0, 120));
    const pages = fc.array(text, { minLength: 24, maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(pages, async (texts) => await expectSame(texts, deploy)),
      { numRuns: 1, endOnFailure: true },
    );
  });
});

look('names that are longer than a comment may be leave it whole', async () => {
  const { environment, runUrl } = report;
  const long = { ...withText('x'.repeat(commentLimit)), environment, ...(runUrl !== undefined && { runUrl }) };
  const comment = renderComment(long, { history: [pastOf(long)] });
  expect(comment.length).toBeLessThanOrEqual(commentLimit);
  const seen = await shown(comment, { width: 390 });
  expectHarmless(seen);
  expect(seen.tables.find(({ title }) => title === 'Containers')?.rows).toHaveLength(2);
});

/** What earlier runs left is from outside, too. */
function deploy(text: string): string {
  const past = { at: text, outcome: 'failed', said: text, runUrl: `https://github.com/${text}` } as const;
  return renderComment(withText(text), { history: [past, pastOf(withText(text))], rollbackUrl: past.runUrl });
}

function status(text: string): string {
  const drift = {
    ...differing,
    differences: [{ kind: 'setting', subject: text, message: text, since: { at: report.startedAt } }],
    notCompared: [text],
    history: [{ at: report.startedAt, what: text }],
  } as const;
  const told: Report = { ...looked(row(text, drift, text)), environment: text };
  return renderComment(told, { history: [] });
}

/** Many on one page, since Mermaid takes longer to load than to draw. */
async function expectSame(texts: readonly string[], render: (text: string) => string): Promise<void> {
  const harmless = await shown(render('text'));
  const seen = await shown(texts.map(render).join('\n\n'));
  const [comment, script] = harmless.comments;
  for (const [at, text] of texts.entries()) expect(seen.comments[at], JSON.stringify(text)).toEqual(comment);
  expect(seen.comments.slice(texts.length)).toEqual([script]);
  expectHarmless(seen);
  const drawn = harmless.pictures.map(({ bars, sections }) => [bars, sections.length]);
  expect(seen.pictures.map(({ bars, sections }) => [bars, sections.length])).toEqual(texts.flatMap(() => drawn));
  expect(seen.links.map(([, url]) => new URL(url).host)).toEqual(
    texts.flatMap(() => harmless.links.map(() => 'github.com')),
  );
}
