import { expect, test } from 'vitest';
import { renderComment } from '../../src/report/comment.js';
import { renderPreview } from '../../src/report/preview.js';
import { hostileTexts, report, withText } from './sample.js';

const page = (each: typeof report, title = 'title') =>
  renderPreview(renderComment(each, { history: [] }), title, each.timeline);

test('the page holds the comment: its verdict, a row for each container and the picture', () => {
  const html = page(report);
  expect(html).toContain('<strong>Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.</strong>');
  expect(html.match(/<td><code>kv-1<\/code><\/td>/g)?.length).toBeGreaterThan(1);
  expect(html.match(/<rect /g)).toHaveLength(report.timeline.length);
  expect(html).not.toContain('language-mermaid');
});

test.each(hostileTexts)('neither a script nor anything to load is in it, whatever comes from outside: %j', (text) => {
  const html = page(withText(text), text);
  expect(html).not.toMatch(/<(script|img|iframe|link|foreignObject)|<[a-z][^>]*\son\w+=|href="(?!https?:)/i);
  expect(html.match(/<svg/g)).toHaveLength(1);
});
