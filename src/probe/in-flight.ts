import type { Clock } from '../system/log.js';
import { type Answer, type Ask, failureOf } from './answer.js';
import type { Sample } from './sample.js';

interface Request {
  readonly start: number;
  readonly pausedBefore: number;
  readonly end: (answer: Answer) => void;
  giveUp: () => void;
}

/** The requests under way. */
export interface RequestsInFlight {
  readonly size: () => number;
  send(ask: Ask, due: number): void;
  /** The prober was held up for so long, and could see no answers. */
  paused(ms: number): void;
  /** Fails what has been under way for longer than the time-out. */
  giveUpLate(): void;
}

/** @param landed gets each request once, when it has ended */
export function trackRequests(clock: Clock, timeoutMs: number, landed: (sample: Sample) => void): RequestsInFlight {
  const underWay = new Set<Request>();
  let pausedMs = 0;

  return {
    size: () => underWay.size,

    send(ask, due) {
      const start = clock.now();
      const request: Request = {
        start,
        pausedBefore: pausedMs,
        giveUp: () => undefined,
        end(answer) {
          if (!underWay.delete(request)) return;
          if (answer.answered) landed({ due, start, end: answer.at ?? clock.now() });
          else landed({ due, start, end: clock.now(), failure: answer.failure });
        },
      };
      underWay.add(request);
      try {
        request.giveUp = ask(request.end);
      } catch (error) {
        request.end({ answered: false, failure: failureOf(error) });
      }
    },

    paused(ms) {
      pausedMs += ms;
    },

    giveUpLate() {
      const now = clock.now();
      for (const request of underWay) {
        // An answer that waits while the prober is held up is not late: that time is not held against the service.
        if (now - request.start - (pausedMs - request.pausedBefore) < timeoutMs) continue;
        request.end({ answered: false, failure: 'timeout' });
        request.giveUp();
      }
    },
  };
}
