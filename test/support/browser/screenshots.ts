import { readFile } from 'node:fs/promises';
import type { Report } from '../../../src/deployment/report.js';
import { renderComment } from '../../../src/report/comment.js';
import { githubPage } from './github-page.js';
import { launch, open } from './page.js';

/** Pixels. GitHub shows a comment as wide. */
const width = 860;

/** Where the page ends, or the last part of it that is still whole within that height. */
const end = (highest: number) => `
  const { scrollHeight } = document.documentElement;
  const parts = [...document.querySelectorAll('body > h3, body > details')];
  const ends = [...parts.map((part) => part.getBoundingClientRect().top + scrollY), scrollHeight];
  Math.floor(ends.findLast((end) => end <= ${highest}) ?? ${highest})`;

/** Pictures of comments: screenshots REPORT PICTURE HEIGHT..., and no picture is higher than that. */
async function main(words: readonly string[]): Promise<void> {
  const browser = await launch();
  try {
    for (let at = 0; at < words.length; at += 3) {
      const [from = '', to = '', highest = ''] = words.slice(at);
      const report = JSON.parse(await readFile(from, 'utf8')) as Report;
      const html = githubPage(renderComment(report, { history: [] }));
      const { page, problems } = await open(browser, html, { width, height: 100, scale: 2 });
      if (problems.length > 0) throw new Error(`${from} is not shown as it should be: ${problems.join('; ')}`);
      const height = (await page.evaluate(end(Number(highest)))) as number;
      await page.screenshot({ path: to, clip: { x: 0, y: 0, width, height } });
    }
  } finally {
    await browser.close();
  }
}

await main(process.argv.slice(2));
