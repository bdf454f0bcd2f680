import * as core from '@actions/core';
import { spell } from '../system/duration.js';
import type { Clock, Log } from '../system/log.js';
import { foreign, harmless } from '../system/quoted.js';
import { secrets } from '../system/secrets.js';

/** Progress in the log of GitHub's runner. */
export function runnerLog(clock: Clock): Log {
  let depth = 0;
  const info = (line: string) => core.info(harmless(secrets.masked(line)));
  return {
    info,
    output: (line) => core.info(foreign(line)),
    warning: (line) => core.warning(secrets.masked(line)),
    debug: (line) => core.debug(secrets.masked(line)),
    async group(title, work) {
      // The runner has no groups in groups: a second start would end the first.
      const outermost = depth === 0;
      depth += 1;
      const since = clock.now();
      if (outermost) core.startGroup(secrets.masked(title));
      else info(title);
      try {
        return await work();
      } finally {
        depth -= 1;
        if (outermost) core.endGroup();
        info(`${title}: ${spell(clock.now() - since)}`);
      }
    },
  };
}
