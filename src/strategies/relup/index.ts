import { assessHot } from '../../hot-load/assess-hot.js';
import { assessReturn } from '../../hot-load/assess-return.js';
import { recoverUpgrade } from '../../hot-load/recover.js';
import { rehearsePlans } from '../../hot-load/rehearsal/plans.js';
import { downgradeUpdate } from '../../hot-load/update.js';
import { recoveryUpdateContext } from '../recovery.js';
import type { Strategy } from '../strategy.js';
import { assemble } from './assembly.js';
import { judgeCode, judgeRelease } from './judge.js';

/** A release upgrade by OTP's release_handler: code, processes and supervisors change in the VM that runs. */
export const relup: Strategy = {
  name: 'relup',
  assess: (target) => assessHot(target, { name: 'relup', judgeRelease, judgeCode, assemble }),
  rehearse: (site, plans) => rehearsePlans(site, plans, 'relup'),
  // A path may have steps of both hot strategies.
  assessReturn: (target) => assessReturn(target, downgradeUpdate),
  recovery: {
    fromJournal: async (around, container, { last, record, direction }) =>
      await recoverUpgrade(recoveryUpdateContext(around, last, record), container, last, direction),
  },
};
