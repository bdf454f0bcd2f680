import { describe, expect, it } from 'vitest';
import { renderSummary } from '../../src/report/summary.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { sign, verdict } from '../../src/report/verdict.js';
import { container, report } from './sample.js';

const restarted = {
  ...container,
  method: 'recreate',
  downtime: { ms: 2_100, longestGapMs: 2_140, requests: 1_900, failed: 210 },
  failures: [
    { what: 'connection refused', count: 200, first: 41_000, last: 43_050 },
    { what: 'status 503', count: 10, first: 43_060, last: 43_100 },
  ],
} as const;
const byRestart = { ...report, method: 'recreate', containers: [restarted] } as const;

describe('a restart that lost requests', () => {
  it('is not shown as a hot load that lost none', () => {
    expect(sign(report)).toBe('✅');
    expect(sign(byRestart)).toBe('🟡');
    const { downtime: _, ...unmeasured } = restarted;
    expect(sign({ ...byRestart, containers: [unmeasured] })).toBe('🟡');
    const lossless = { ...restarted, downtime: { ...restarted.downtime, failed: 0 } };
    expect(sign({ ...byRestart, containers: [lossless] })).toBe('✅');
    const lossy = { ...container, downtime: restarted.downtime };
    expect(sign({ ...report, containers: [lossy] })).toBe('🟡');
  });

  it.each([
    ['the summary', renderSummary],
    ['a terminal', renderTerminal],
  ])('says in %s what failed and when, and what its figures mean', (_, render) => {
    const text = render(byRestart);
    const row = text.split('\n').find((line) => line.includes('connection refused')) ?? '';
    const cells = row.replace(/<[^>]*>/g, '').split(/[\s|]{2,}/);
    expect(cells.map((cell) => cell.trim()).filter((cell) => cell !== '')).toEqual([
      ...['kv-1', 'connection refused', '200', '41 s', '43 s'],
    ]);
    expect(text).toMatch(/status 503\W+10\W/);
    expect(text).toContain('Downtime: the times from each first failed request to the next answered one, added up.');
    expect(text).toContain('Longest gap: the longest time without an answer, an outage that did not end included.');
  });
});

it('a node that could not be asked is in the headline', () => {
  const silent = { ...restarted, unasked: 'its VM runs without distribution' };
  expect(verdict({ ...byRestart, containers: [silent] })).toMatch(/; the node could not be asked what it runs\.$/);
  expect(verdict({ ...byRestart, containers: [silent, restarted] })).toMatch(
    /; 1 node of 2 could not be asked what it runs\.$/,
  );
});

it('a plan says what its deploy would be refused for', () => {
  const reason = {
    code: 'probe-not-answering',
    subject: 'kv-1',
    message: 'No.',
    blocks: ['relup', 'recreate'],
  } as const;
  expect(verdict({ ...report, outcome: 'planned', reasons: [reason] })).toBe(
    'Planned 0.1.0 → 0.2.0: a deploy would be refused (probe-not-answering), and nothing was touched.',
  );
});
