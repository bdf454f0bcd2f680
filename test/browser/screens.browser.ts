import { describe, expect } from 'vitest';
import { renderSummary } from '../../src/report/summary.js';
import { report } from '../report/sample.js';
import { commentOf, expectHarmless, inBrowser, look, shown } from './pages.js';
import { reports } from './reports.js';
import type { Seen } from './seen.js';

inBrowser();

const { 'a hot deploy': hot = report, 'a plan with many reasons': planned = report } = reports;

describe('on a telephone nothing is wider than the screen', () => {
  look('of a hot deploy, and the figures of the axis stand beside each other', async () => {
    const seen = await shown(commentOf(hot), { width: 390 });
    expectHarmless(seen);
    const ticks = seen.pictures.flatMap((picture) => picture.ticks);
    expect(ticks.length).toBeGreaterThan(2);
    for (const [at, [left]] of ticks.entries()) expect(left).toBeGreaterThan(ticks[at - 1]?.[1] ?? 0);
  });

  look('of a plan with many reasons', async () => {
    expectHarmless(await shown(renderSummary(planned), { width: 390 }));
  });
});

describe('letters can be read', () => {
  look('by day: dark ones on a light ground, in the picture, too', async () => {
    const seen = await shown(commentOf(hot));
    expect(lightness(seen.background)).toBeGreaterThan(0.9);
    expect(Math.max(...colors(seen).map(lightness))).toBeLessThan(0.4);
  });

  look('in the dark: light ones on a dark ground, in the picture, too', async () => {
    const seen = await shown(commentOf(hot), { dark: true });
    expect(lightness(seen.background)).toBeLessThan(0.1);
    expect(Math.min(...colors(seen).map(lightness))).toBeGreaterThan(0.6);
  });
});

look('what is folded is there after a click', async () => {
  const click = `for (const each of document.querySelectorAll('summary')) each.click()`;
  const seen = await shown(commentOf(hot), { act: (page) => page.evaluate(click) });
  expect(seen.folds.length).toBeGreaterThan(5);
  expect(seen.folds.filter(({ open, visible }) => !open || !visible)).toEqual([]);
  for (const line of hot.instructions) expect(seen.visible).toContain(line);
});

look(
  'containers whose names differ only at their ends, or in what a picture cannot show, have a section each',
  async () => {
    const names = [1, 2].map((at) => `shop-production-eu-central-1-web-${at}`);
    const all = [...names, 'web|1', 'web<1', 'all'];
    const timeline = [
      { at: 0, ms: 1, label: 'plan' },
      ...all.map((container) => ({ at: 1, ms: 1, container, label: 'x' })),
    ];
    const [picture] = (await shown(renderSummary({ ...hot, timeline }))).pictures;
    expect(picture?.sections).toEqual([
      ...['all', 'shop-p..-central-1-web-1', 'shop-p..-central-1-web-2'],
      ...['web 1', 'web 1 2', 'all 2'],
    ]);
  },
);

look('without Mermaid all but the picture is there, and in its place what it would be drawn from', async () => {
  const seen = await shown(commentOf(hot), { mermaid: false });
  expect(seen.pictures).toEqual([]);
  expect(seen.visible).toContain('section web-1');
  expect(seen.tables.find(({ title }) => title === 'Containers')?.rows).toHaveLength(3);
});

const colors = ({ color, pictures }: Seen) => [color, ...pictures.flatMap((picture) => picture.colors)];

/** From 0, black, to 1, white. */
function lightness(color: string): number {
  const parts = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  return parts.reduce((sum, part) => sum + part, 0) / (3 * 255);
}
