import { recoveryUpdateContext } from '../recovery.js';
import type { Strategy } from '../strategy.js';
import { assemble } from './assembly.js';
import { assessHot } from './assess-hot.js';
import { assessReturn } from './assess-return.js';
import { judgeCode, judgeRelease } from './judge.js';
import { recoverUpgrade } from './recover.js';
import { rehearsePlans } from './rehearsal/plans.js';
import { downgradeUpdate } from './update.js';

/** A release upgrade by OTP's release_handler: code, processes and supervisors change in the VM that runs. */
export const relup: Strategy = {
  ...{ name: 'relup', rehearse: rehearsePlans },
  assess: (target) => assessHot(target, { name: 'relup', judgeRelease, judgeCode, assemble }),
  assessReturn: (target) => assessReturn(target, downgradeUpdate),
  recovery: {
    ways: ['relup', 'downgrade'],
    fromJournal: async (around, container, { last, notes, direction }) =>
      await recoverUpgrade(recoveryUpdateContext(around, last, notes), container, last, direction),
  },
};
