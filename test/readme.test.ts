import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { readCommandLine } from '../src/config/command-line.js';

const tracked = new Set(execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0'));
const isThere = (path: string) => tracked.has(path) || [...tracked].some((file) => file.startsWith(`${path}/`));

const pages = [...tracked].filter((file) => /^(docs\/)?[^/]+\.md$/.test(file) && file !== 'CHANGELOG.md');

test.each(pages)('%s leads to nothing that is not there', (name) => {
  const missing = linksIn(name).filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? name : normalize(join(dirname(name), path));
    return !isThere(file) || (anchor !== undefined && !headings(readFileSync(file, 'utf8')).includes(anchor));
  });
  expect(missing).toEqual([]);
});

function linksIn(page: string): readonly string[] {
  const links = readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g);
  return [...links].map(([, link = '', source = '']) => link || source);
}

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

test('the README has at most 200 lines, and leads to each page for users, which leads back', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  // Names in capitals are of pages for those who change hot-deploy.
  const reference = pages.filter((file) => /^docs\/[a-z-]+\.md$/.test(file));
  expect(reference.filter((page) => !linksIn('README.md').includes(page))).toEqual([]);
  expect(reference.filter((page) => !linksIn(page).includes('../README.md'))).toEqual([]);
});

test.each(pages)('%s gives no command line that hot-deploy does not take', (name) => {
  const shell = [...readFileSync(name, 'utf8').matchAll(/^```shell\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const lines = shell.flatMap((block) => [...block.matchAll(/(?:^|[ ;])hot-deploy ([^#|\n]+)/gm)]);
  for (const [, line = ''] of lines) {
    const words = line.trim().match(/(?:'[^']*'|\S)+/g) ?? [];
    const read = readCommandLine(words.map((word) => word.replaceAll("'", '')));
    expect(read.kind === 'run' ? read.mistakes.sentences : [], line).toEqual([]);
  }
});
