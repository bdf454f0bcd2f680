import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gantt } from '../../src/report/gantt.js';
import { renderSummary } from '../../src/report/summary.js';
import { hostileTexts, report } from './sample.js';

test('a section for each container, and a bar for each step with what it took', () => {
  expect(gantt(report.timeline)).toBe(
    [
      '%%{init: {"gantt":{"leftPadding":58,"rightPadding":25}}}%%',
      'gantt',
      '  dateFormat x',
      '  axisFormat %s s',
      '  tickInterval 2second',
      '  section all',
      '  3.1 s build the image :0, 3120',
      '  section kv-1',
      '  61 ms unpack :3400, 3535',
      '  4.2 ms install :3470, 3605',
      '  10 s soak :3475, 13475',
    ].join('\n'),
  );
});

test('nothing to draw', () => {
  expect(gantt([])).toBeUndefined();
});

test('a label is never taken for a word of Mermaid, for data or for a second line', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostileTexts));
  fc.assert(
    fc.property(text, text, (container, label) => {
      const lines = gantt([{ at: 1, ms: 2, container, label }])?.split('\n') ?? [];
      expect(lines).toHaveLength(7);
      expect(lines[5]).toMatch(/^ {2}section [\p{L}\p{N}._+/ -]+$/u);
      expect(lines[6]).toMatch(/^ {2}2 ms [\p{L}\p{N}._+/ -]+ :1, 3$/u);
    }),
  );
});

test('a chart has no more bars than a reader can take in, and says how many there are', () => {
  const timeline = Array.from({ length: 1_000 }, (_, at) => ({ at, ms: 1, label: 'x' }));
  expect(gantt(timeline)?.split('\n').length).toBeLessThan(70);
  expect(renderSummary({ ...report, timeline })).toContain('\n\nThe first 60 of 1,000 steps.\n');
});

test('a bar that would be too short to be seen is drawn a hundredth of the picture long', () => {
  const lines = gantt([
    { at: 0, ms: 10_000, label: 'soak' },
    { at: 10_000, ms: 1, label: 'drain' },
  ])?.split('\n');
  expect(lines?.slice(-2)).toEqual(['  10 s soak :0, 10000', '  1 ms drain :10000, 10100']);
});

test.each([
  [900, '1second'],
  [7_100, '2second'],
  [60_000, '10second'],
  [185_000, '30second'],
  [3_600_000, '10minute'],
  [90_000_000, '1hour'],
])('the axis of %d ms has a figure each %s', (ms, interval) => {
  expect(gantt([{ at: 500, ms, label: 'x' }])).toContain(`\n  tickInterval ${interval}\n`);
});

test('containers whose names cannot be told apart in a chart have a section each', () => {
  const long = [1, 2].map((at) => `shop-production-eu-central-1-web-${at}`);
  const timeline = [undefined, 'all', 'web|1', 'web<1', ...long].map((container) => ({
    ...(container !== undefined && { container }),
    ...{ at: 0, ms: 1, label: 'x' },
  }));
  expect(gantt(timeline)?.match(/(?<=section ).*/g)).toEqual([
    ...['all', 'all 2', 'web 1', 'web 1 2'],
    ...['shop-p..-central-1-web-1', 'shop-p..-central-1-web-2'],
  ]);
});
