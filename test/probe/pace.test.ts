import { describe, expect, it } from 'vitest';
import { onSchedule } from '../../src/probe/schedule.js';
import type { Clock } from '../../src/system/log.js';
import { systemClock } from '../../src/system/log.js';

/** Time that passes only by sleeping, or by what a test says a turn takes. */
function slowClock(): Clock & { pass(ms: number): void } {
  let time = 0;
  return {
    now: () => time,
    date: () => time,
    sleep: async (ms) => {
      time += ms;
    },
    pass: (ms) => {
      time += ms;
    },
  };
}

async function turnsOf(until: number, takes: (turn: number) => number): Promise<readonly (readonly number[])[]> {
  const clock = slowClock();
  const turns: number[][] = [];
  await onSchedule({ clock, intervalMs: 10, until: () => clock.now() >= until }, (due) => {
    turns.push([due, clock.now()]);
    clock.pass(takes(turns.length));
  });
  return turns;
}

describe('a pace', () => {
  it('is kept whatever the turns take, as long as they fit', async () => {
    expect(await turnsOf(45, (turn) => turn)).toEqual([
      [0, 0],
      [10, 10],
      [20, 20],
      [30, 30],
      [40, 40],
    ]);
  });

  it('owns up to the turn it missed, drops the ones after it, and returns to the grid', async () => {
    expect(await turnsOf(65, (turn) => (turn === 2 ? 34 : 1))).toEqual([
      [0, 0],
      [10, 10],
      [20, 44],
      [50, 50],
      [60, 60],
    ]);
  });

  it('can begin later', async () => {
    const clock = slowClock();
    const turns: number[] = [];
    await onSchedule({ clock, intervalMs: 10, from: 7, until: () => clock.now() > 20 }, () => turns.push(clock.now()));
    expect(turns).toEqual([7, 17]);
  });

  it('takes no turn when it is over before it began', async () => {
    await onSchedule({ clock: systemClock, intervalMs: 1, until: () => true }, () => expect.unreachable());
  });

  it('holds against the real clock: never early, on the grid, and without the turns that it was too late for', async () => {
    const start = performance.now();
    const turns: { readonly due: number; readonly late: number }[] = [];
    await onSchedule({ clock: systemClock, intervalMs: 10, until: () => performance.now() > start + 500 }, (due) =>
      turns.push({ due, late: performance.now() - due }),
    );
    // Where the machine is busy, more may pass between this look at the clock and the pace's own.
    for (const [i, { due, late }] of turns.slice(0, -1).entries()) {
      const missed = ((turns[i + 1]?.due ?? due) - due) / 10 - 1;
      expect(missed).toBeCloseTo(Math.round(missed), 6);
      expect(Math.round(missed)).toBeGreaterThanOrEqual(Math.floor(late / 10));
    }
    expect(Math.min(...turns.map(({ late }) => late))).toBeGreaterThanOrEqual(0);
    expect(Math.min(...turns.map(({ late }) => late))).toBeLessThan(3);
  });
});
