import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderSummary } from '../../src/report/summary.js';
import { html, plain, skeleton } from './rendered.js';
import { hostileTexts, report, rolledBack, withText } from './sample.js';

test('the summary of a hot deploy', async () => {
  await expect(renderSummary(report)).toMatchFileSnapshot('golden/deployed.md');
});

test('the summary of a restart that was rolled back', async () => {
  await expect(renderSummary(rolledBack)).toMatchFileSnapshot('golden/rolled-back.md');
});

test('the verdict stands first', () => {
  expect(renderSummary(report)).toMatch(
    /^✅ \*\*Deployed 0\.1\.0 → 0\.2\.0 hot, no request failed, longest gap 11 ms\.\*\*\n/,
  );
});

describe('text from outside stays text', () => {
  const harmless = skeleton(plain(renderSummary(withText('text'))));

  test.each(hostileTexts.filter((text) => text.trim() !== ''))('%j', (text) => {
    expect(skeleton(plain(renderSummary(withText(text))))).toBe(harmless);
  });

  test('whatever it is', () => {
    const pieces = fc.constantFrom(
      ...hostileTexts,
      'a',
      '\n',
      '|',
      '`',
      '<',
      '\\',
      '_',
      '*',
      '&',
      '@',
      '://',
      ' ',
      '-',
      '1.',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(pieces).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(text, (each) => {
        expect(skeleton(plain(renderSummary(withText(`a${each}`))))).toBe(harmless);
      }),
    );
  });

  test('and is read as it was written', () => {
    const name = '<b> | `x` \\| *y* &amp; [z](u) a_b _c_ 100% $';
    expect(html(renderSummary(withText(name)))).toContain(
      '<code>&lt;b&gt; | `x` \\| *y* &amp;amp; [z](u) a_b _c_ 100% $</code>',
    );
  });

  test('and calls nobody', () => {
    // GitHub looks for names in the text that a reader sees, outside of code and links.
    const { runUrl: _, ...calling } = withText('ask @octocat');
    expect(html(renderSummary({ ...calling, instructions: [] }))).not.toContain('@octocat');
  });
});
