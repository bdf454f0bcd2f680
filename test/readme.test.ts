import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const tracked = new Set(execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0'));
const isThere = (path: string) => tracked.has(path) || [...tracked].some((file) => file.startsWith(`${path}/`));

test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md'])('%s leads to nothing that is not there', (name) => {
  const text = readFileSync(name, 'utf8');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, link = '', source = '']) => link || source,
  );
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(
    ([, title = '']) =>
      `#${title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-')}`,
  );
  const missing = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    return link.startsWith('#')
      ? !headings.includes(link)
      : !isThere(normalize(join(dirname(name), link.replace(/#.*/, ''))));
  });
  expect(missing).toEqual([]);
});
