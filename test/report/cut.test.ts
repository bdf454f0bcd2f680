import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut } from '../../src/report/cut.js';

const notice = '\n\n_Cut here: the rest is in the report file._\n';

test('what fits is left alone', () => {
  expect(cut('# a\n\nb\n', 8)).toBe('# a\n\nb\n');
});

test('what is too long ends at a paragraph', () => {
  expect(cut(`first\n\nsecond\n\n${'x'.repeat(100)}`, 70)).toBe(`first\n\nsecond${notice}`);
});

test('a fence that is open there is closed, with its own length', () => {
  const text = `a\n\n\`\`\`\`text\none\n\n\`\`\`\n\n${'x'.repeat(100)}\n\`\`\`\``;
  expect(cut(text, 90)).toBe(`a\n\n\`\`\`\`text\none\n\n\`\`\`\n\`\`\`\`${notice}`);
});

test('a fold that is open there is closed', () => {
  const text = `<details><summary>s</summary>\n\nb\n\n${'x'.repeat(200)}\n\n</details>`;
  expect(cut(text, 120)).toBe(`<details><summary>s</summary>\n\nb\n\n</details>${notice}`);
});

test('a table ends at a row, and is left out where it would have none', () => {
  const rows = Array.from({ length: 30 }, (_, at) => `| ${at % 10} |`);
  const text = ['x', ['| a |', '| --- |', ...rows].join('\n')].join('\n\n');
  expect(cut(text, notice.length + 28)).toBe(`x\n\n| a |\n| --- |\n| 0 |\n| 1 |${notice}`);
  expect(cut(text, notice.length + 21)).toBe(`x${notice}`);
});

test('the limit is one of bytes, and holds for every text', () => {
  const lines = fc.array(fc.constantFrom('é', '```', '````text', '', '', '<details>', '</details>', 'x'.repeat(50)));
  fc.assert(
    fc.property(lines, fc.integer({ min: notice.length, max: 400 }), (each, most) => {
      expect(Buffer.byteLength(cut(each.join('\n'), most))).toBeLessThanOrEqual(most);
    }),
  );
});
