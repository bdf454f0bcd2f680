import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { pastOf, renderComment } from '../../src/report/comment.js';
import { rolledBack } from '../report/sample.js';
import { chromium, missing } from '../support/browser/find.js';
import { githubPage } from '../support/browser/github-page.js';
import { type Look, open } from '../support/browser/page.js';
import { type Seen, see } from './seen.js';

export let browser: Browser;

/** Leads the tests of a file to the browser; where there is none they are skipped, and say why. */
export function inBrowser(): void {
  beforeAll(async () => {
    const browserWSEndpoint = inject('browser');
    if (chromium !== undefined) browser = await puppeteer.connect({ browserWSEndpoint, defaultViewport: null });
  });
  afterAll(() => browser?.disconnect());
}

/** A test that takes a browser. */
export function look(name: string, work: () => Promise<void>): void {
  test(name, async ({ skip }) => {
    skip(chromium === undefined, missing);
    await work();
  });
}

export const rollbackUrl = 'https://github.com/acme/kv/actions/workflows/back.yml';

/** A comment with everything that one can have. */
export const commentOf = (report: Report) => renderComment(report, { history: [pastOf(rolledBack)], rollbackUrl });

/** Opens the page of some Markdown, and answers what is seen there once `act` has been done to it. */
export async function shown(
  markdown: string,
  { act, ...how }: Look & { readonly act?: (page: Page) => Promise<unknown> } = {},
): Promise<Seen> {
  const { page, problems } = await open(browser, githubPage(markdown), how);
  await act?.(page);
  const seen = await see(page);
  // Without Mermaid the browser complains of just that.
  if (how.mermaid !== false) expect(problems).toEqual([]);
  return seen;
}

/** Everything that a comment is made of. GitHub leaves all of it as it is. */
const allowed = new Set([
  ...['a href', 'code', 'code class', 'details', 'em', 'h3', 'li', 'p', 'pre', 'strong', 'summary', 'ul'],
  ...['table', 'tbody', 'td', 'td align', 'th', 'th align', 'thead', 'tr'],
]);

/** What Mermaid makes of a fence, and the page's own script. */
const [drawing, script] = ['pre class data-processed', 'script type'];

/** What has to be so on every page, whatever stands in it. */
export function expectHarmless(seen: Seen): void {
  const elements = seen.comments.flat();
  const others = elements.filter((each) => !allowed.has(each));
  expect(others).toEqual([...seen.pictures.map(() => drawing), script]);
  expect(seen.pwned).toBe(false);
  expect(seen.links.filter(([, url]) => !/^https?:\/\/\w/.test(url))).toEqual([]);
  for (const { columns, rows } of seen.tables) {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toHaveLength(columns.length);
  }
  for (const { kind, foreign } of seen.pictures) expect({ kind, foreign }).toEqual({ kind: 'gantt', foreign: 0 });
  expect(seen.folds.filter(({ open, visible }) => open || visible)).toEqual([]);
  expect(seen.overflow).toBe(0);
  // GitHub looks for who is called outside of code and links.
  expect(seen.plain).not.toMatch(/(?<!\w)@\w/);
  expect(seen.visible).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
}
