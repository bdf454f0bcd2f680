import type { Method } from '../deployment/report.js';
import type { Ended, Work } from '../strategies/context.js';
import type { Changing } from '../strategies/plan.js';
import { goBackToOld, type Restart, restart, settleRestarted } from '../strategies/recreate/restart.js';
import { bringBack } from '../strategies/relup/bring-back.js';
import { together } from '../strategies/relup/downgrade.js';
import { goalOf, goDown, takeBack } from '../strategies/relup/journey.js';
import { measure } from '../strategies/relup/proof.js';
import { drained, settle, settleJourney } from '../strategies/relup/settle.js';
import { upgrade } from '../strategies/relup/upgrade.js';
import { fallen } from '../strategies/serving.js';

/** How one container gets from one version to the other: first up to where it can still go back, then for good. */
export interface Course {
  readonly method: Method;
  /** Brings it to the new version, and leaves the way back open. */
  go(): Promise<Ended>;
  /** What takes its time before it is made final, and closes no way back. */
  drain(ended: Ended): Promise<Ended>;
  /** Makes it final, once the whole fleet has come through. */
  settle(ended: Ended): Promise<Ended>;
  /** Goes back, since the fleet does. */
  revert(why: string): Promise<Ended>;
  /** Why it is not any more what it was brought to, to be read after its name; undefined if it is. */
  fallen(ended: Ended): Promise<string | undefined>;
}

/** The course that a plan asks for. */
export function courseOf(work: Work, plan: Changing, how: Pick<Restart, 'onPhase'>): Course {
  switch (plan.method) {
    case 'relup': {
      const { node } = plan.hot.running;
      const { loads } = plan.hot.bundle;
      return {
        method: 'relup',
        go: () => upgrade(work, plan),
        drain: async (ended) => ({ ...ended, lingering: await drained(work, { node, loads }) }),
        settle: (ended) => settle(work, plan, ended),
        revert: (why) => bringBack(work, plan, { why, by: 'downgrade' }),
        fallen: ({ id }) => fallen(work, id, plan.hot.next.version),
      };
    }
    case 'downgrade': {
      const { name, container, down } = plan;
      const { running, steps, against } = down;
      const goal = against && { tree: against.tree, of: measure(against, plan.rehearsal) };
      const journey = { name, container, running, steps, ...(goal && { measure: goal }) };
      const { loads } = together(steps);
      return {
        method: 'relup',
        go: () => goDown(work, journey),
        drain: async (ended) => ({ ...ended, lingering: await drained(work, { node: running.node, loads }) }),
        settle: (ended) => settleJourney(work, journey, 'down', ended),
        revert: (why) => takeBack(work, journey, 'down', why),
        fallen: ({ id }) => fallen(work, id, goalOf(journey, 'down')),
      };
    }
    case 'recreate':
      return restartCourse(work, { ...how, plan, next: plan.next });
    case 'revive':
      return restartCourse(work, { ...how, plan, next: plan.next, kept: plan.kept });
  }
}

/** The way that is open to every plan whose release is at hand. */
export function restartCourse(work: Work, as: Restart): Course {
  const { plan, next } = as;
  return {
    method: 'recreate',
    go: () => work.down(() => restart(work, as)),
    drain: async (ended) => ended,
    settle: (ended) => settleRestarted(work, plan, ended),
    revert: (why) => work.down(() => goBackToOld(work, plan, `${why}.`)),
    // What could not be asked then cannot be asked now.
    fallen: ({ id, unasked }) => fallen(work, id, unasked === undefined ? next.version : undefined),
  };
}
