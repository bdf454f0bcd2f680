import { httpAsk } from '../../../src/probe/http.js';
import { trackRequests } from '../../../src/probe/in-flight.js';
import { systemClock as clock } from '../../../src/system/log.js';
import type { Gap } from './gap.js';
import { countAnswer, countFailure, type Tally } from './tally.js';

/** HTTP clients that come once: each request has a connection of its own and does not wait for the one before it. */
export interface Visitors {
  /** @param heldUpMs how long the load could not see any answers */
  visit(due: number, heldUpMs: number): void;
  underWay(): number;
}

const TIMEOUT_MS = 2000;
const MOST_AT_ONCE = 256;

export function welcomeVisitors(port: number, tally: Tally, gap: Gap): Visitors {
  const paths = ['/health', '/version'].map((path) => httpAsk({ host: '127.0.0.1', port, path }, clock));
  let visits = 0;
  const flight = trackRequests(clock, TIMEOUT_MS, ({ due, end, failure }) => {
    if (failure !== undefined) return countFailure(tally, failure);
    countAnswer(tally, end - due);
    gap.answer(end);
  });
  return {
    visit(due, heldUpMs) {
      flight.paused(heldUpMs);
      flight.giveUpLate();
      const ask = paths[visits++ % paths.length];
      if (ask === undefined || flight.size() >= MOST_AT_ONCE) countFailure(tally, 'too many unanswered');
      else flight.send(ask, due);
    },
    underWay: flight.size,
  };
}
