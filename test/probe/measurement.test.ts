import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type * as report from '../../src/deployment/report.js';
import type { Downtime } from '../../src/probe/downtime.js';
import { type LatencyByPeriod, percentile } from '../../src/probe/latency.js';
import { measurement } from '../../src/probe/measurement.js';
import type { Sample } from '../../src/probe/sample.js';
import { anyRun, bad, late, ok } from './run.js';

const never = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

describe('a measurement', () => {
  it('is what the report wants to know', () => {
    expectTypeOf<Downtime>().toEqualTypeOf<report.Downtime>();
    expectTypeOf<LatencyByPeriod>().toEqualTypeOf<report.LatencyByPeriod>();
  });

  it('of nothing is all zeroes', () => {
    const none = { requests: 0, failed: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };
    expect(measurement([], never, 10)).toEqual({
      downtime: { ms: 0, longestGapMs: 0, requests: 0, failed: 0 },
      failures: [],
      latency: { before: none, during: none, after: none },
      proberLagMs: 0,
    });
  });

  it('counts a gap that is still open at the end, and one that was open at the beginning', () => {
    const gap = (samples: readonly Sample[]) => measurement(samples, never, 10).downtime.longestGapMs;
    expect(gap([ok(0, 2), bad(10, 5), bad(500, 5)])).toBe(503);
    expect(gap([bad(0, 5), bad(10, 5), ok(400, 2), ok(410, 2)])).toBe(402);
    expect(gap([bad(0, 5), bad(300, 5)])).toBe(305);
  });

  it('says what failed requests got, and from when to when', () => {
    const samples = [ok(0), bad(10, 1, 'ECONNREFUSED'), bad(20, 9, 'timeout'), bad(30, 1, 'ECONNREFUSED'), ok(40)];
    expect(measurement(samples, never, 10).failures).toEqual([
      { what: 'ECONNREFUSED', count: 2, first: 10, last: 30 },
      { what: 'timeout', count: 1, first: 20, last: 20 },
    ]);
  });

  it('never has more downtime, nor a longer gap, than it took', () => {
    fc.assert(
      fc.property(anyRun, (samples) => {
        const { downtime } = measurement(samples, never, 10);
        const took = Math.max(0, ...samples.map(({ end }) => end)) - Math.min(...samples.map(({ start }) => start), 0);
        expect(downtime.ms).toBeLessThanOrEqual(took);
        expect(downtime.longestGapMs).toBeLessThanOrEqual(took);
      }),
    );
  });

  it('puts each request in the period in which it was sent', () => {
    const samples = [ok(0, 2), ok(90, 30), bad(100), ok(150, 9), ok(199, 500), ok(200, 4)];
    const { latency } = measurement(samples, { from: 100, to: 200 }, 10);
    expect(latency).toEqual({
      before: { requests: 2, failed: 0, p50Ms: 2, p99Ms: 30, maxMs: 30 },
      during: { requests: 3, failed: 1, p50Ms: 9, p99Ms: 500, maxMs: 500 },
      after: { requests: 1, failed: 0, p50Ms: 4, p99Ms: 4, maxMs: 4 },
    });
  });

  it.each([
    ['was never begun', never, [3, 0, 0]],
    ['has not ended', { from: 10, to: Number.POSITIVE_INFINITY }, [1, 2, 0]],
    ['was over at once', { from: 10, to: 10 }, [1, 0, 2]],
  ])('knows a switch that %s', (_, period, requests) => {
    const { latency } = measurement([ok(0), ok(10), ok(20)], period, 10);
    expect([latency.before.requests, latency.during.requests, latency.after.requests]).toEqual(requests);
  });

  it('takes latency from answers alone: a refusal is fast', () => {
    const { latency } = measurement([ok(0, 20), bad(10, 0), bad(20, 0), bad(30, 0)], never, 10);
    expect(latency.before).toEqual({ requests: 4, failed: 3, p50Ms: 20, p99Ms: 20, maxMs: 20 });
  });

  it('tells how long the prober was held up, and takes that off the latency of what waited for it', () => {
    const held = measurement([ok(0), ok(10, 290), late(20, 300), ok(310)], never, 10);
    expect(held.proberLagMs).toBe(280);
    expect(held.latency.before.maxMs).toBe(10);
    expect(held.downtime).toEqual({ ms: 0, longestGapMs: 19, requests: 4, failed: 0 });
  });

  it('loses and invents no request', () => {
    fc.assert(
      fc.property(anyRun, fc.nat(400), fc.nat(400), (samples, a, b) => {
        const { downtime, latency } = measurement(samples, { from: Math.min(a, b), to: Math.max(a, b) }, 10);
        const periods = [latency.before, latency.during, latency.after];
        expect(periods.reduce((sum, { requests }) => sum + requests, 0)).toBe(samples.length);
        expect(periods.reduce((sum, { failed }) => sum + failed, 0)).toBe(downtime.failed);
        expect(downtime.requests).toBe(samples.length);
      }),
    );
  });
});

describe('a percentile', () => {
  it('is the smallest value that so many do not exceed', () => {
    const share = fc.constantFrom(0.5, 0.99, 1);
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), share, (values, part) => {
        const enough = values.filter((value) => values.filter((v) => v <= value).length >= part * values.length);
        expect(
          percentile(
            values.toSorted((a, b) => a - b),
            part,
          ),
        ).toBe(Math.min(...enough));
      }),
    );
  });
});
