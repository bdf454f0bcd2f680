import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { renderComment } from '../../src/report/comment.js';
import { renderPreview } from '../../src/report/preview.js';
import { browser, inBrowser, look } from './pages.js';
import { reports } from './reports.js';

/** Of each bar its width, and how far its label stands out of the picture. */
const bars = `(() => {
  const svg = document.querySelector('svg.timeline').getBoundingClientRect();
  return [...document.querySelectorAll('svg.timeline rect')].map((rect) => {
    const label = rect.nextElementSibling.getBoundingClientRect();
    return {
      width: rect.getBoundingClientRect().width,
      outside: Math.max(0, svg.left - label.left, label.right - svg.right),
    };
  });
})()`;

inBrowser();

for (const scheme of ['light', 'dark']) {
  look(`opened from the disk without a network, the page draws its timeline (${scheme})`, async () => {
    const report = reports['a hot deploy'];
    if (report === undefined) throw new Error('no such report');
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-preview-'));
    const page = await browser.newPage();
    try {
      const file = join(folder, 'report.html');
      await writeFile(file, renderPreview(renderComment(report, { history: [] }), 'title', report.timeline));
      const asked: string[] = [];
      page.on('request', (request) => void asked.push(request.url()));
      await page.setOfflineMode(true);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.setViewport({ width: 1_000, height: 800 });
      await page.goto(`file://${file}`);
      const seen = (await page.evaluate(bars)) as { width: number; outside: number }[];
      expect(seen).toHaveLength(report.timeline.length);
      for (const { width, outside } of seen) {
        expect(width).toBeGreaterThan(0);
        expect(outside).toBe(0);
      }
      expect(asked).toEqual([`file://${file}`]);
      const { PREVIEW_SCREENSHOT: to } = process.env;
      if (to) await page.screenshot({ path: `${to}/${scheme}.png`, fullPage: true });
    } finally {
      await page.close();
      await rm(folder, { recursive: true });
    }
  });
}
