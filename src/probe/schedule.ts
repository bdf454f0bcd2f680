import type { Clock } from '../system/log.js';

export interface Schedule {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** When the first turn is due; now where absent. */
  readonly from?: number;
  /** Asked before each turn. */
  readonly until: () => boolean;
}

/**
 * Calls `turn` on a fixed grid, however long anything it starts takes. A turn that was missed because the loop was busy
 * is taken as soon as it can be, with the `due` it had; those that went by after it are dropped, since a burst would
 * disturb what is measured.
 */
export async function onSchedule(
  { clock, intervalMs, from, until }: Schedule,
  turn: (due: number) => void,
): Promise<void> {
  let due = from ?? clock.now();
  while (!until()) {
    const now = clock.now();
    if (now < due) {
      await clock.sleep(Math.ceil(due - now));
    } else {
      turn(due);
      due += intervalMs * (Math.floor((now - due) / intervalMs) + 1);
    }
  }
}
