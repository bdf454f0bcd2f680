import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaps } from '../../src/probe/gaps.js';
import type { Sample } from '../../src/probe/sample.js';
import { anyRun, bad, late, observe, ok } from './run.js';

const INTERVAL = 10;

/** A service that was answering well before the first request of a test. */
const steady = Array.from({ length: 30 }, (_, i) => ok(INTERVAL * (i - 30)));

const longest = (samples: readonly Sample[]) => Math.max(0, ...gaps(samples, INTERVAL).map(({ ms }) => ms));

const rawLongest = (samples: readonly Sample[]) =>
  Math.max(0, ...gaps(samples, INTERVAL).map(({ from, to }) => to - from));

describe('a silence is the time between two answers that follow each other', () => {
  it.each<[string, readonly Sample[], number]>([
    ['one answer makes none', [ok(0)], 0],
    ['a steady service has its interval', [ok(0), ok(10), ok(20)], 10],
    ['failures between two answers belong to it', [ok(0), bad(10), bad(20), ok(30)], 30],
    ['answers are taken in the order in which they came', [ok(0, 50), ok(10), ok(20)], 29],
    ['requests that were held and then answered together make one', [ok(0), ok(10, 300), ok(20, 290)], 309],
  ])('%s', (_, samples, ms) => {
    expect(longest(samples)).toBe(ms);
  });

  it('is what counting millisecond by millisecond gives', () => {
    fc.assert(
      fc.property(anyRun, (samples) => {
        expect(longest(samples)).toBe(countedSilence(samples));
      }),
    );
  });
});

describe("the prober's own pause is told apart", () => {
  it('a pause between two prompt answers is not blamed on the service', () => {
    expect(longest([...steady, ok(0), late(10, 300), ok(310)])).toBe(10);
  });

  it('nor are answers that waited until the prober looked again', () => {
    expect(longest([...steady, ok(0), ok(10, 290), late(20, 300), ok(310)])).toBeLessThanOrEqual(2 * INTERVAL);
  });

  it('on both sides of an answer that came into it', () => {
    expect(longest([...steady, ok(0), ok(5, 45), late(10, 300), ok(310)])).toBe(INTERVAL);
  });

  it('a service that was silent before the pause is blamed for all of it', () => {
    expect(longest([...steady, ok(0), ok(10, 290), ok(90, 210), late(100, 300)])).toBe(299);
  });

  it('a service that is silent after the pause is blamed for all of it', () => {
    expect(longest([...steady, ok(0), late(10, 100, 300), ok(110, 290)])).toBe(399);
  });

  it('a prober that looked between two pauses has seen the silence', () => {
    expect(longest([...steady, ok(0), late(10, 200, 205), late(210, 400), ok(410)])).toBe(400);
  });

  it('a failure beside the pause is never excused by it', () => {
    expect(longest([...steady, ok(0), late(10, 300), ok(310)])).toBe(10);
    expect(longest([...steady, ok(0), { ...late(10, 300), failure: 'ECONNREFUSED' }, ok(310)])).toBe(310);
  });

  it('a request that left a little late has taken no pause', () => {
    expect(longest([...steady, ok(0), late(10, 19), ok(20)])).toBe(19);
  });

  it('however often the prober pauses, a healthy service has no long silence', () => {
    fc.assert(
      fc.property(pausesOfAProber, fc.nat(40), (pauses, latencyMs) => {
        const samples = observe({ latencyMs, down: [], pauses }, INTERVAL, 2000);
        const worst = Math.max(...gaps(samples, INTERVAL).map(({ ms }) => ms));
        expect(worst).toBeLessThanOrEqual(2 * INTERVAL + latencyMs);
      }),
    );
  });

  it('however it pauses, an outage that it saw is blamed in full', () => {
    fc.assert(
      fc.property(pausesOfAProber, fc.integer({ min: 0, max: 1500 }), (pauses, from) => {
        const samples = observe({ latencyMs: 1, down: [[from, from + 300]], pauses }, INTERVAL, 2000);
        fc.pre(samples.some(({ failure }) => failure !== undefined) && samples.some(({ start }) => start > from + 300));
        const around = gaps(samples, INTERVAL).filter(({ from: a, to }) =>
          samples.some(({ start, failure }) => failure !== undefined && start > a && start < to),
        );
        for (const silence of around) expect(silence.ms).toBe(silence.to - silence.from);
      }),
    );
  });

  it('what is blamed is never more than what was seen', () => {
    fc.assert(
      fc.property(pausesOfAProber, (pauses) => {
        const samples = observe({ latencyMs: 3, down: [[500, 700]], pauses }, INTERVAL, 2000);
        expect(longest(samples)).toBeLessThanOrEqual(rawLongest(samples));
      }),
    );
  });
});

/** Up to five pauses that do not touch. */
const pausesOfAProber = fc
  .uniqueArray(fc.nat(9), { maxLength: 5 })
  .chain((slots) => fc.tuple(...slots.map((slot) => fc.integer({ min: 1, max: 150 }).map((ms) => pauseIn(slot, ms)))));

function pauseIn(slot: number, ms: number): readonly [number, number] {
  return [slot * 200 + 15, slot * 200 + 15 + ms];
}

/** The longest run of milliseconds, between the first and the last answer, in which none came. */
function countedSilence(samples: readonly Sample[]): number {
  const answers = new Set(samples.filter(({ failure }) => failure === undefined).map(({ end }) => end));
  let run = 0;
  let most = 0;
  for (let at = Math.min(...answers) + 1; at <= Math.max(...answers); at++) {
    run += 1;
    most = Math.max(most, run);
    if (answers.has(at)) run = 0;
  }
  return most;
}
