import { assessHot } from '../../hot-load/assess-hot.js';
import { recoverUpgrade } from '../../hot-load/recover.js';
import { rehearsePlans } from '../../hot-load/rehearsal/plans.js';
import { recoveryUpdateContext } from '../recovery.js';
import type { Strategy } from '../strategy.js';
import { gather } from './gather.js';
import { judgeCode, judgeRelease } from './rules.js';

/**
 * Loads the modules that changed, and lets their processes take their states over, where no release_handler runs or somebody asks
 * for it: that is told then what it has not done itself. It shares with `relup` all but its rules, its bundle and the switch itself. The way back is asked of `relup`, which goes over the steps of both.
 */
export const modules: Strategy = {
  name: 'modules',
  assess: async (target) => {
    const { running, site } = target;
    // Nobody asks why, where the better way is open.
    const isOut = running === undefined || (running.release.sasl && site.inputs.strategy !== 'modules');
    if (isOut) return { kind: 'ruled-out', reasons: [] };
    return await assessHot(target, { name: 'modules', judgeRelease, judgeCode, assemble: gather });
  },
  rehearse: (site, plans) => rehearsePlans(site, plans, 'modules'),
  recovery: {
    fromJournal: async (around, container, { last, record, direction }) =>
      await recoverUpgrade(recoveryUpdateContext(around, last, record), container, last, direction),
  },
};
