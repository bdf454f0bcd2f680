import { describe, expect, it } from 'vitest';
import type { Answer, Ask } from '../../src/probe/answer.js';
import { trackRequests } from '../../src/probe/in-flight.js';
import type { Sample } from '../../src/probe/sample.js';

function flying(timeoutMs = 100) {
  let now = 0;
  const clock = { now: () => now, date: () => now, sleep: async () => undefined };
  const landed: Sample[] = [];
  const reports: ((answer: Answer) => void)[] = [];
  const givenUp: number[] = [];
  const ask: Ask = (report) => {
    const number = reports.push(report);
    return () => givenUp.push(number);
  };
  const at = (ms: number) => {
    now = ms;
  };
  return {
    flight: trackRequests(clock, timeoutMs, (sample) => landed.push(sample)),
    landed,
    reports,
    givenUp,
    ask,
    at,
  };
}

describe('a request under way', () => {
  it('lasts from when it was sent until it is answered, and remembers when it was due', () => {
    const { flight, landed, reports, ask, at } = flying();
    at(12);
    flight.send(ask, 10);
    at(15);
    reports[0]?.({ answered: true });
    expect(landed).toEqual([{ due: 10, start: 12, end: 15 }]);
    expect(flight.size()).toBe(0);
  });

  it('was answered when the answer came, though that was told later', () => {
    const { flight, landed, reports, ask, at } = flying();
    flight.send(ask, 0);
    at(25);
    reports[0]?.({ answered: true, at: 3 });
    expect(landed).toEqual([{ due: 0, start: 0, end: 3 }]);
  });

  it('ends once: what comes after is not counted', () => {
    const { flight, landed, reports, ask } = flying();
    flight.send(ask, 0);
    reports[0]?.({ answered: false, failure: 'status 500' });
    reports[0]?.({ answered: true });
    expect(landed).toEqual([{ due: 0, start: 0, end: 0, failure: 'status 500' }]);
  });

  it('fails by the time-out, and is given up', () => {
    const { flight, landed, givenUp, ask, at } = flying();
    flight.send(ask, 0);
    at(50);
    flight.send(ask, 50);
    at(100);
    flight.giveUpLate();
    expect(landed).toEqual([{ due: 0, start: 0, end: 100, failure: 'timeout' }]);
    expect(givenUp).toEqual([1]);
    expect(flight.size()).toBe(1);
  });

  it('is given the time back in which the prober was held up', () => {
    const { flight, landed, ask, at } = flying();
    flight.send(ask, 0);
    at(150);
    flight.paused(90);
    flight.giveUpLate();
    expect(landed).toEqual([]);
    at(190);
    flight.giveUpLate();
    expect(landed).toMatchObject([{ failure: 'timeout' }]);
  });

  it('but not time that was lost before it was sent', () => {
    const { flight, landed, ask, at } = flying();
    flight.paused(90);
    flight.send(ask, 0);
    at(100);
    flight.giveUpLate();
    expect(landed).toMatchObject([{ failure: 'timeout' }]);
  });

  it('that cannot even be sent has failed', () => {
    const { flight, landed } = flying();
    flight.send(() => {
      throw new Error('bad port');
    }, 0);
    expect(landed).toEqual([{ due: 0, start: 0, end: 0, failure: 'bad port' }]);
  });
});
