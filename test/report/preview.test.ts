import { expect, test } from 'vitest';
import { renderComment } from '../../src/report/comment.js';
import { renderPreview } from '../../src/report/preview.js';
import { hostileTexts, report, withText } from './sample.js';

const page = (each: typeof report, title = 'title') => renderPreview(renderComment(each, { history: [] }), title);

test('the page holds the comment: its verdict, a row for each container and the picture', () => {
  const html = page(report);
  expect(html).toContain('<strong>Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.</strong>');
  expect(html.match(/<td><code>kv-1<\/code><\/td>/g)?.length).toBeGreaterThan(1);
  expect(html).toMatch(/<pre class="mermaid">%%\{init.*gantt.*<\/pre>/s);
  expect(html).not.toContain('language-mermaid');
});

test.each(hostileTexts)('no script is in it but its own, whatever comes from outside: %j', (text) => {
  const html = page(withText(text), text);
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toMatch(/<(img|iframe|svg)|href="(?!https?:)/i);
});
