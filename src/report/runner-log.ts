import * as core from '@actions/core';
import { spell } from '../system/duration.js';
import type { Clock, Log } from '../system/log.js';
import { harmless } from './harmless.js';

/** Progress in the log of GitHub's runner. */
export function runnerLog(clock: Clock): Log {
  let depth = 0;
  return {
    info: (line) => core.info(harmless(line)),
    output: (line) => core.info(harmless(line)),
    warning: (line) => core.warning(line),
    debug: (line) => core.debug(line),
    async group(title, work) {
      // The runner has no groups in groups: a second start would end the first.
      const outermost = depth === 0;
      depth += 1;
      const since = clock.now();
      if (outermost) core.startGroup(title);
      else core.info(harmless(title));
      try {
        return await work();
      } finally {
        depth -= 1;
        if (outermost) core.endGroup();
        core.info(harmless(`${title}: ${spell(clock.now() - since)}`));
      }
    },
    mask: (secret) => core.setSecret(secret),
  };
}
