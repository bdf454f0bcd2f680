import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { watchFailing } from '../../src/probe/failing.js';
import type { Sample } from '../../src/probe/sample.js';
import { anyRun, bad, ok } from './run.js';

function since(samples: readonly Sample[]): number | undefined {
  const failing = watchFailing();
  for (const sample of samples) failing.add(sample);
  return failing.since();
}

describe('a service fails since the first failed request after which none was answered', () => {
  it.each<[string, readonly Sample[], number | undefined]>([
    ['not before anything is known', [], undefined],
    ['not while it answers', [ok(0), ok(10)], undefined],
    ['since the first of several failures', [ok(0), bad(10), bad(20)], 10],
    ['not any more once it answers', [bad(0), ok(10)], undefined],
    ['anew after it answered', [bad(0), ok(10), bad(20)], 20],
    ['not by a time-out that later answers have disproved', [ok(20), bad(10, 1000)], undefined],
    ['still, when only an older request is answered', [bad(10), ok(0, 50)], 10],
    ['since the earlier one, though it timed out later', [bad(20), bad(10, 1000)], 10],
  ])('%s', (_, samples, expected) => {
    expect(since(samples)).toBe(expected);
  });

  it('in whatever order the requests end', () => {
    fc.assert(
      fc.property(anyRun, (samples) => {
        const unanswered = samples.filter(
          ({ start, failure }) =>
            failure !== undefined && !samples.some((next) => next.failure === undefined && next.start > start),
        );
        expect(since(samples)).toBe(unanswered.map(({ start }) => start).sort((a, b) => a - b)[0]);
      }),
    );
  });
});
