import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlapMs, pausedMs, pausesOf } from '../../src/probe/pause.js';
import { late, ok } from './run.js';

describe('a pause of the prober', () => {
  it('is there when a request missed its turn by an interval or more', () => {
    const samples = [late(310, 320), ok(0), late(10, 300), late(330, 339)];
    expect(pausesOf(samples, 10)).toEqual([
      { from: 10, to: 300 },
      { from: 310, to: 320 },
    ]);
  });

  it('counts with as much of it as lies in a time, among however many others', () => {
    const ends = fc.uniqueArray(fc.nat(1000), { maxLength: 60 }).map((times) => times.sort((a, b) => a - b));
    const anyPauses = ends.map((times) =>
      Array.from({ length: times.length >> 1 }, (_, i) => ({ from: times[2 * i] ?? 0, to: times[2 * i + 1] ?? 0 })),
    );
    fc.assert(
      fc.property(anyPauses, fc.nat(1000), fc.nat(1000), (pauses, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(pausedMs(pauses, from, to)).toBe(pauses.reduce((ms, pause) => ms + overlapMs(pause, from, to), 0));
      }),
    );
  });
});
