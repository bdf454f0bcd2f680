import { onSchedule } from '../../../src/probe/schedule.js';
import { systemClock as clock } from '../../../src/system/log.js';
import { watchGap } from './gap.js';
import type { LoadOptions, LoadTarget } from './options.js';
import { startTalker } from './talker.js';
import { countFailure, newTally, type Tally } from './tally.js';
import { welcomeVisitors } from './visitors.js';

/** All clients of one target. */
export interface Crowd {
  /** How many of its connections are open. */
  connected(): number;
  /** From now on its clients ask on schedule. */
  begin(): void;
  /** Nothing is asked any more; resolves when every answer has come, or after a second. */
  stop(): Promise<void>;
  seen(): Seen;
}

export interface Seen {
  readonly connections: readonly Tally[];
  readonly http: Tally;
  /** Longest time in which none of the clients got an answer. */
  readonly longestGapMs: number;
  /** Longest time in which the load itself was held up. */
  readonly lagMs: number;
}

const GRACE_MS = 1000;

export function gatherCrowd(target: LoadTarget, options: LoadOptions): Crowd {
  const gap = watchGap();
  const http = newTally();
  const visitors = welcomeVisitors(target.httpPort, http, gap);
  const clients = Array.from({ length: options.connectionsPerTarget }, (_, i) => {
    const tally = newTally();
    const own = watchGap();
    return { tally, own, talker: startTalker(target.tcpPort, `load-${i}`, tally, [own, gap]) };
  });
  let stopped = false;
  let lagMs = 0;

  const keep = (perSecond: number, from: number, turn: (due: number, heldUpMs: number) => void) => {
    if (perSecond === 0) return;
    const intervalMs = 1000 / perSecond;
    void onSchedule({ clock, intervalMs, from, until: () => stopped }, (due) => {
      const lateMs = clock.now() - due;
      lagMs = Math.max(lagMs, lateMs);
      turn(due, lateMs >= intervalMs ? lateMs : 0);
    });
  };

  return {
    connected: () => clients.filter(({ talker }) => talker.connected()).length,

    begin() {
      const now = clock.now();
      const perSecond = options.pingsPerSecondPerConnection;
      for (const watched of [gap, ...clients.map(({ own }) => own)]) watched.begin(now);
      keep(options.httpRequestsPerSecondPerTarget, now, visitors.visit);
      // Spread out, as clients are: all at once would be a burst now and then, and silence in between.
      clients.forEach(({ talker }, i) => {
        keep(perSecond, now + (i / clients.length) * (1000 / perSecond), talker.speak);
      });
    },

    async stop() {
      stopped = true;
      const owed = () => visitors.underWay() > 0 || clients.some(({ talker }) => talker.owed() > 0);
      for (const until = clock.now() + GRACE_MS; owed() && clock.now() < until; ) await clock.sleep(5);
      for (const { talker } of clients) talker.stop();
      for (let i = visitors.underWay(); i > 0; i--) countFailure(http, 'unanswered at the end');
    },

    seen() {
      const now = clock.now();
      for (const { tally, own } of clients) tally.longestGapMs = own.longestMs(now);
      return { connections: clients.map(({ tally }) => tally), http, longestGapMs: gap.longestMs(now), lagMs };
    },
  };
}
