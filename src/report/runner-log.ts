import * as core from '@actions/core';
import type { Clock, Log } from '../log.js';
import { spell } from './duration.js';

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

/**
 * Text that the runner only prints. It takes every line that begins with `::`, and every one with `##[` anywhere, for a
 * command, and a lone carriage return ends a line for it too. What it takes for blanks before are those of .NET, where U+0085 is
 * one: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function harmless(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map((line) => line.replace(/^[\s\u0085]*(?=::)/, '$&\u200b').replaceAll('##[', '##\u200b['))
    .join('\n');
}
