import type { Engine } from '../engines/engine.js';
import type { Clock } from '../system/log.js';
import { askFor } from './ask.js';
import { watchFailing } from './failing.js';
import { trackRequests } from './in-flight.js';
import { type Measurement, measurement } from './measurement.js';
import type { ResolvedProbe } from './resolve.js';
import type { Sample } from './sample.js';
import { onSchedule } from './schedule.js';
import { type ProbeTiming, probeTimings } from './timing.js';

/** The switch lasts from the first `switch-begins` to the last `switch-ends`, so that it takes in a rollback. */
export type Mark = 'switch-begins' | 'switch-ends';

/** What is not given of the rhythm is as usual for the kind of probe. */
export interface ProbeOptions extends Partial<ProbeTiming> {
  readonly clock: Clock;
  /** Needed by `exec` and `docker`. */
  readonly engine?: Engine;
}

export interface RunningProbe {
  readonly kind: ResolvedProbe['kind'];
  readonly intervalMs: number;
  /** In the order in which they were known to have ended; grows. */
  readonly samples: readonly Sample[];
  /** In the clock's milliseconds: the start of the first failed request after which none was answered. */
  failingSince(): number | undefined;
  /** What a request that was sent at `since` or later got instead of an answer; undefined once one was answered. */
  unanswered(since: number): string | undefined;
  /** Whether any request was answered before the switch. */
  answeredBefore(): boolean;
  /** Of the requests that were sent from `since` on, and before the switch. */
  failedShare(since: number): { readonly sent: number; readonly failed: number; readonly before: number };
  mark(name: Mark): void;
  /** Asks there from the next request on: a re-created container can have another address. */
  retarget(target: ResolvedProbe): void;
  /** Sends nothing more, and waits for what is under way: at most the time-out. */
  stop(): Promise<Measurement>;
}

/** Asks at a pace of its own: a slow answer does not keep the next question from being asked. */
export function startProbe(target: ResolvedProbe, options: ProbeOptions): RunningProbe {
  const { clock } = options;
  const { timeoutMs, atOnce, ...rhythm } = { ...probeTimings[target.kind], ...options };
  // Timers know no less than a millisecond.
  const intervalMs = Math.max(1, rhythm.intervalMs);
  const samples: Sample[] = [];
  const failing = watchFailing();
  let ask = askFor(target, { ...options, timeoutMs });
  let from = Number.POSITIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  let stopped: Promise<Measurement> | undefined;
  let allLanded: () => void = () => undefined;

  const flight = trackRequests(clock, timeoutMs, (sample) => {
    samples.push(sample);
    failing.add(sample);
    if (flight.size() === 0) allLanded();
  });

  const done = () => stopped !== undefined && flight.size() === 0;
  void onSchedule({ clock, intervalMs, until: done }, (due) => {
    const lateMs = clock.now() - due;
    if (lateMs >= intervalMs) flight.paused(lateMs);
    flight.giveUpLate();
    if (stopped === undefined && flight.size() < atOnce) flight.send(ask, due);
  });

  return {
    kind: target.kind,
    intervalMs,
    samples,
    failingSince: failing.since,
    unanswered(since) {
      const sent = samples.filter(({ start }) => start >= since);
      if (sent.some(({ failure }) => failure === undefined)) return undefined;
      return sent.at(-1)?.failure ?? 'no request has ended yet';
    },
    answeredBefore: () => samples.some(({ start, failure }) => failure === undefined && start < from),
    failedShare(since) {
      const failedOf = (some: readonly Sample[]) => some.filter(({ failure }) => failure !== undefined).length;
      const [earlier, sent] = [
        samples.filter(({ start }) => start < from),
        samples.filter(({ start }) => start >= since),
      ];
      return { sent: sent.length, failed: failedOf(sent), before: failedOf(earlier) / Math.max(1, earlier.length) };
    },
    mark(name) {
      if (name === 'switch-begins') from = Math.min(from, clock.now());
      else to = clock.now();
    },
    retarget(next) {
      ask = askFor(next, { ...options, timeoutMs });
    },
    stop() {
      stopped ??= new Promise<void>((resolve) => {
        allLanded = resolve;
        if (flight.size() === 0) resolve();
      }).then(() => measurement(samples, { from, to }, intervalMs));
      return stopped;
    },
  };
}
