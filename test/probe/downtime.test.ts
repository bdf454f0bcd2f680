import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outageMs } from '../../src/probe/downtime.js';
import type { Sample } from '../../src/probe/sample.js';
import { anyRun, bad, ok } from './run.js';

describe('downtime lasts from the start of a failed request to the next answer', () => {
  it.each<[string, readonly Sample[], number]>([
    ['nothing measured is no downtime', [], 0],
    ['all answered is no downtime', [ok(0), ok(10), ok(20)], 0],
    ['one failure ends with the next answer', [ok(0), bad(10), ok(20, 3)], 13],
    ['failures in a row are one outage', [ok(0), bad(10), bad(20), bad(30), ok(40)], 31],
    ['two outages are added up', [bad(0), ok(10), ok(20), bad(30), ok(40)], 22],
    ['an outage from the first request on counts', [bad(0), bad(10), ok(20)], 21],
    ['one that never ended lasts as long as the measurement', [ok(0), bad(10), bad(20, 15)], 25],
    ['a slow answer is no outage', [ok(0, 500), ok(10, 490)], 0],
    ['a request lost among answered ones costs until the next answer, not its time-out', [bad(10, 1000), ok(20)], 11],
    ['a late answer to what was sent before the outage does not end it', [ok(0, 60), bad(10), bad(50), ok(100)], 91],
    ['of several later requests the first to be answered ends it', [bad(0), ok(10, 500), ok(20, 5)], 25],
    ['what was sent in the same instant does not end it', [bad(10), ok(10), ok(20)], 11],
    ['outages that overlap are counted once', [bad(0), bad(12), ok(10, 10), ok(40)], 41],
    ['the order in which samples came in does not matter', [ok(40), bad(20), ok(0), bad(10)], 31],
  ])('%s', (_, samples, ms) => {
    expect(outageMs(samples)).toBe(ms);
  });

  it('is what counting millisecond by millisecond gives', () => {
    fc.assert(
      fc.property(anyRun, (samples) => {
        expect(outageMs(samples)).toBe(countedOutageMs(samples));
      }),
    );
  });

  it('never grows when a failure turns out to have been answered', () => {
    fc.assert(
      fc.property(anyRun, fc.nat(), (samples, pick) => {
        const healed = samples.map((sample, i) => (i === pick % samples.length ? ok(sample.start, 0) : sample));
        // With the last answer the measurement itself may end earlier or later.
        const closed = [...samples, ok(600)];
        expect(outageMs([...healed, ok(600)])).toBeLessThanOrEqual(outageMs(closed));
      }),
    );
  });
});

/** A millisecond is down when a request that failed had been sent, and none sent after it had been answered. */
function countedOutageMs(samples: readonly Sample[]): number {
  const lasts = Math.max(0, ...samples.map(({ end }) => end));
  const milliseconds = Array.from({ length: lasts }, (_, at) => at);
  return milliseconds.filter((at) =>
    samples.some(
      (failed) =>
        failed.failure !== undefined &&
        failed.start <= at &&
        !samples.some((next) => next.failure === undefined && next.start > failed.start && next.end <= at),
    ),
  ).length;
}
