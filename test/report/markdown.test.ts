import { expect, test } from 'vitest';
import { escaped, link } from '../../src/report/markdown.js';
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

// https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
test.each(['fixes #12', '#12', 'gh-12', 'torvalds/linux#12', '&#12;'])(
  'no issue is told that it was named: %s',
  (text) => {
    const read = html(`- ${escaped(text)}`)
      .replace(/<[^>]*>/g, '')
      .trim();
    expect(read).not.toMatch(/#\d|gh-\d/i);
    expect(read.replaceAll('\u200b', '').replace('&amp;', '&')).toBe(text);
  },
);

test.each(['www.example.com', 'a_www.example.com', '_www.example.com', '(www.example.com', 'https://example.com'])(
  'what GitHub would make a link of stays text: %s',
  (text) => {
    expect(html(escaped(text))).toBe(`<p>${text}</p>`);
  },
);
