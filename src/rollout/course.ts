import type { Changing } from '../plan/plan.js';
import type { Method } from '../report/report.js';
import { bringBack } from './bring-back.js';
import { goDown, takeBack } from './journey.js';
import { measure } from './proof.js';
import { goBackToOld, hasEnded, type Restart, restart, settleRestarted } from './restart.js';
import type { Ended, Work } from './run.js';
import { settle, settleJourney } from './settle.js';
import { upgrade } from './upgrade.js';

/** How one container gets from one version to the other: first up to where it can still go back, then for good. */
export interface Course {
  readonly method: Method;
  /** Brings it to the new version, and leaves the way back open. */
  go(): Promise<Ended>;
  /** Makes it final, once the whole fleet has come through. */
  settle(ended: Ended): Promise<Ended>;
  /** Goes back, since the fleet does. */
  revert(why: string): Promise<Ended>;
  /** Whether the container that it was brought to still runs; absent where that is asked when it is made final. */
  stands?(ended: Ended): Promise<boolean>;
}

/** The course that a plan asks for. */
export function courseOf(work: Work, plan: Changing, how: Pick<Restart, 'target' | 'onPhase'>): Course {
  switch (plan.method) {
    case 'relup':
      return {
        method: 'relup',
        go: () => upgrade(work, plan),
        settle: (ended) => settle(work, plan, ended),
        revert: (why) => bringBack(work, plan, { why, by: 'downgrade' }),
      };
    case 'downgrade': {
      const { name, container, down } = plan;
      const { running, steps, against } = down;
      const goal = against && { tree: against.tree, of: measure(against, plan.rehearsal) };
      const journey = { name, container, running, steps, ...(goal && { measure: goal }) };
      return {
        method: 'relup',
        go: () => goDown(work, journey),
        settle: (ended) => settleJourney(work, journey, 'down', ended),
        revert: (why) => takeBack(work, journey, 'down', why),
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
  const { plan, target } = as;
  return {
    method: 'recreate',
    go: () => restart(work, as),
    settle: (ended) => settleRestarted(work, plan, ended),
    revert: (why) => goBackToOld(work, plan, target, `${why}.`),
    stands: async ({ id }) => !(await hasEnded(work, id)),
  };
}
