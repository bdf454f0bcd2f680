import type { Clock } from '../../../src/system/log.js';

/** A clock of its own: once nobody has anything left to do, time goes on to where the first one wakes who sleeps. */
export interface ModelClock extends Clock {
  /** Happens when the time has come; nobody waits for it, so alone it lets no time pass. */
  at(ms: number, happens: () => void): void;
}

interface Due {
  readonly at: number;
  readonly happens: () => void;
}

export function modelClock(began = Date.UTC(2026, 0, 2)): ModelClock {
  let now = 0;
  let events: Due[] = [];
  let sleepers: Due[] = [];
  let pumping = false;

  /** The first of several at the same time is the one that was there first. */
  const first = (all: readonly Due[]) => all.reduce<Due | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);

  const passTo = (until: number) => {
    for (let next = first(events); next && next.at <= until; next = first(events)) {
      const due = next;
      events = events.filter((each) => each !== due);
      now = Math.max(now, due.at);
      due.happens();
    }
    now = Math.max(now, until);
  };

  const pump = async () => {
    if (pumping) return;
    pumping = true;
    while (sleepers.length > 0) {
      // Whatever can go on without time going on has done so then.
      await new Promise((settled) => setImmediate(settled));
      const next = first(sleepers);
      if (next === undefined) break;
      sleepers = sleepers.filter((each) => each !== next);
      passTo(next.at);
      next.happens();
    }
    pumping = false;
  };

  return {
    now: () => now,
    date: () => began + now,
    at: (ms, happens) => void events.push({ at: now + ms, happens }),
    sleep: (ms, signal) =>
      new Promise((wake) => {
        if (signal?.aborted) return wake();
        const leave = () => {
          sleepers = sleepers.filter((each) => each !== due);
          wake();
        };
        const due = {
          at: now + Math.max(0, ms),
          happens: () => {
            signal?.removeEventListener('abort', leave);
            wake();
          },
        };
        sleepers.push(due);
        signal?.addEventListener('abort', leave, { once: true });
        void pump();
      }),
  };
}
