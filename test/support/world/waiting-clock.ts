import { type Clock, systemClock } from '../../../src/system/log.js';

/** Tells the time by what was slept to the end: what a busy engine takes for its answers is nobody's waiting. */
export function waitingClock(): Clock {
  let slept = 0;
  return {
    ...systemClock,
    now: () => slept,
    sleep: async (ms, signal) => {
      await systemClock.sleep(ms, signal);
      if (!signal?.aborted) slept += ms;
    },
  };
}
