import { assessHot } from '../../hot-load/assess-hot.js';
import { recoverUpgrade } from '../../hot-load/recover.js';
import { rehearsePlans } from '../../hot-load/rehearsal/plans.js';
import type { ReasonCode } from '../../reasons/codes.js';
import { recoveryUpdateContext } from '../recovery.js';
import type { Strategy } from '../strategy.js';
import { gather } from './gather.js';
import { judgeCode, judgeRelease } from './rules.js';

/** Reasons that rule out a relup alone: this strategy finds processes by the code that they run. */
const onlyRelup: readonly ReasonCode[] = ['special-process-changed'];

/**
 * Loads the modules that changed, and lets their processes take their states over, where no release_handler runs, a relup would not
 * find all processes, or somebody asks for it. A release_handler that runs is told then what it has not done itself. It shares with
 * `relup` all but its rules, its bundle and the switch itself. The way back is asked of `relup`, which goes over the steps of both.
 */
export const modules: Strategy = {
  name: 'modules',
  assess: async (target, ruledOut) => {
    const { running, site } = target;
    if (running === undefined) return { kind: 'ruled-out', reasons: [] };
    const closing = ruledOut.filter(({ blocks }) => blocks.includes('relup'));
    const isOpen = closing.every(({ code, blocks }) => onlyRelup.includes(code) && !blocks.includes('modules'));
    // With sasl, the reasons against a relup are told already.
    const isAsked = !running.release.sasl || site.inputs.strategy === 'modules' || isOpen;
    if (!isAsked) return { kind: 'ruled-out', reasons: [] };
    return await assessHot(target, { name: 'modules', judgeRelease, judgeCode, assemble: gather });
  },
  rehearse: (site, plans) => rehearsePlans(site, plans, 'modules'),
  recovery: {
    fromJournal: async (around, container, { last, record, direction }) =>
      await recoverUpgrade(recoveryUpdateContext(around, last, record), container, last, direction),
  },
};
