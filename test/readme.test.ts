import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const tracked = new Set(execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0'));
const isThere = (path: string) => tracked.has(path) || [...tracked].some((file) => file.startsWith(`${path}/`));

const pages = [...tracked].filter((file) => /^(docs\/)?[^/]+\.md$/.test(file) && file !== 'CHANGELOG.md');

test.each(pages)('%s leads to nothing that is not there', (name) => {
  const text = readFileSync(name, 'utf8');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, link = '', source = '']) => link || source,
  );
  const missing = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? name : normalize(join(dirname(name), path));
    return !isThere(file) || (anchor !== undefined && !headings(readFileSync(file, 'utf8')).includes(anchor));
  });
  expect(missing).toEqual([]);
});

const headings = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

test('the README tells of nothing that nobody can get yet', () => {
  // Nobody has this name on npm: whoever took it could run anything there.
  for (const page of pages) expect(readFileSync(page, 'utf8'), page).not.toMatch(/\bnpx hot-deploy\b/);
});
