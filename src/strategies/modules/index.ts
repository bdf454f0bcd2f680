import { assessHot } from '../../hot-load/assess-hot.js';
import { recoverUpgrade } from '../../hot-load/recover.js';
import { recoveryUpdateContext } from '../recovery.js';
import type { Strategy } from '../strategy.js';
import { gather } from './gather.js';
import { judgeCode, judgeRelease } from './rules.js';

/**
 * Loads the modules that changed, and lets their processes take their states over, where no release_handler runs. It shares with
 * `relup` all that is not the switch itself, its rehearsal too.
 */
export const modules: Strategy = {
  name: 'modules',
  assess: async (target) =>
    target.running?.release.sasl === false
      ? await assessHot(target, { name: 'modules', judgeRelease, judgeCode, assemble: gather })
      : { kind: 'ruled-out', reasons: [] },
  recovery: {
    ways: ['modules'],
    fromJournal: async (around, container, { last, notes, direction }) =>
      await recoverUpgrade(recoveryUpdateContext(around, last, notes), container, last, direction),
  },
};
