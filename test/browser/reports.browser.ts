import { describe, expect } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { pastOf } from '../../src/report/comment.js';
import { renderSummary } from '../../src/report/summary.js';
import { sign, verdict } from '../../src/report/verdict.js';
import { rolledBack } from '../report/sample.js';
import { commentOf, expectHarmless, inBrowser, look, rollbackUrl, shown } from './pages.js';
import { reports } from './reports.js';
import type { Seen } from './seen.js';

inBrowser();

describe.each(Object.entries(reports))('%s', (_, report) => {
  look('is seen whole in the comment', async () => {
    const seen = await shown(commentOf(report));
    expectWhole(seen, report);
    expect(seen.links).toEqual([
      ['run', report.runUrl],
      ['roll back', rollbackUrl],
      [rolledBack.startedAt, rolledBack.runUrl],
    ]);
    expect(fold(seen, 'Previous runs')).toContain(pastOf(rolledBack).said);
    expect(JSON.parse(fold(seen, 'The report as JSON'))).toEqual(report);
  });

  look('is seen whole in the summary', async () => {
    const seen = await shown(renderSummary(report));
    expectWhole(seen, report);
    expect(seen.links).toEqual([['run', report.runUrl]]);
  });
});

/** The verdict, a row for each container and each reason, and the picture. */
function expectWhole(seen: Seen, report: Report): void {
  expectHarmless(seen);
  expect(seen.first).toBe(`${sign(report)} ${verdict(report)}`);
  if (report.message !== undefined) expect(seen.visible).toContain(report.message);
  const names = report.containers.map(({ name }) => name);
  expect(firstCells(seen, 'Containers')).toEqual(names);
  const reasons = new Set(
    [report, ...report.containers].flatMap((each) => each.reasons.map(({ code, subject }) => `${code} ${subject}`)),
  );
  if (!report.status) expect(firstCells(seen, 'Why')).toHaveLength(reasons.size);
  expect(seen.pictures).toHaveLength(report.timeline.length > 0 ? 1 : 0);
  for (const { axis, bars, labels, lowest, outside, sections } of seen.pictures) {
    expect(outside).toEqual([]);
    expect(axis).toBeGreaterThanOrEqual(lowest);
    expect(bars).toBe(report.timeline.length);
    expect(sections).toEqual([...new Set(report.timeline.map(({ container = 'all' }) => container))]);
    for (const { label } of report.timeline) expect(labels.join('\n')).toContain(label);
  }
  if (report.instructions.length > 0) expect(fold(seen, 'What the relup does')).toBe(report.instructions.join('\n'));
}

const firstCells = (seen: Seen, title: string) =>
  seen.tables.filter((table) => table.title === title).flatMap(({ rows }) => rows.map(([name]) => name));

const fold = (seen: Seen, title: string) => seen.folds.find((each) => each.title === title)?.text ?? '';
