import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gantt } from '../../src/report/gantt.js';
import { hostileTexts, report } from './sample.js';

test('a section for each container, and a bar for each step with what it took', () => {
  expect(gantt(report.timeline)).toBe(
    [
      '%%{init: {"gantt": {"leftPadding": 62}}}%%',
      'gantt',
      '  dateFormat x',
      '  axisFormat %s s',
      '  section all',
      '  3.1 s build the image :0, 3120',
      '  section kv-1',
      '  61 ms unpack :3400, 3461',
      '  4.2 ms install :3470, 3474',
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
      expect(lines).toHaveLength(6);
      expect(lines[4]).toMatch(/^ {2}section [\p{L}\p{N}._+/ -]+$/u);
      expect(lines[5]).toMatch(/^ {2}2 ms [\p{L}\p{N}._+/ -]+ :1, 3$/u);
    }),
  );
});

test('a chart has no more bars than a reader can take in', () => {
  const timeline = Array.from({ length: 1_000 }, (_, at) => ({ at, ms: 1, label: 'x' }));
  expect(gantt(timeline)?.split('\n').length).toBeLessThan(70);
});
