import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Method, Report } from '../../src/deployment/report.js';
import { measuredIn, measuredMark } from '../../src/github/measured.js';
import { report } from '../report/sample.js';

const of = (method: Method, downtimes: readonly number[]): Report => ({
  ...report,
  method,
  containers: downtimes.map((ms, at) => ({
    ...(report.containers[0] as Report['containers'][number]),
    name: `kv-${at}`,
    downtime: { ms, longestGapMs: ms, requests: 100, failed: 1 },
  })),
});

test('what a deploy has cost is read from its description again, whatever stands before it', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom<Method>('relup', 'recreate'),
      fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 4 }),
      (text, method, downtimes) => {
        const description = `${text}${measuredMark(of(method, downtimes))}`;
        expect(measuredIn(description)).toEqual({ method, downtimeMs: Math.round(Math.max(...downtimes)) });
      },
    ),
  );
});

test('nothing is where nothing was measured, or somebody wrote something like it', () => {
  expect(measuredMark(of('recreate', []))).toBe('');
  expect(measuredMark(of('none', [1]))).toBe('');
  for (const text of ['', 'Deployed', '[recreate, down 1 ms] and more', '[rm, down 1 ms]', '[relup, down -1 ms]']) {
    expect(measuredIn(text)).toBeUndefined();
  }
});
