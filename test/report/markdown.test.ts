import { expect, test } from 'vitest';
import { link } from '../../src/report/markdown.js';
import { html } from './rendered.js';

test.each([
  ['https://x.test/a?b=1&copy;=2&#106;', 'https://x.test/a?b=1&amp;copy;=2&amp;#106;'],
  ['https://x.test/a>b <c', 'https://x.test/a%3Eb%20%3Cc'],
  ['https://x.test/roll%20back', 'https://x.test/roll%20back'],
  ['https://x.test/#\\(a)', 'https://x.test/#%5C(a)'],
])('a link leads where it was meant to: %s', (url, href) => {
  expect(html(link('run', url))).toBe(`<p><a href="${href}">run</a></p>`);
});

test.each(['javascript:alert(1)', 'data:text/html,x', '//x.test', ''])('what is no address stays text: %j', (url) => {
  expect(link('run', url)).toBe('run');
});
