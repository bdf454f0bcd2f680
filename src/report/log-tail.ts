import type { Log } from '../system/log.js';
import { withoutQuotations } from '../system/quoted.js';
import { secrets } from '../system/secrets.js';

/** A log's own last lines, for whoever has not got the log at hand. */
export interface Tail {
  /** Without what is secret, also what is known to be by then only. What other programs said is left out: nobody knows what is in it. */
  tail(): readonly string[];
}

const mostLines = 100;
const longestLine = 300;

/** The same log, which remembers its end. */
export function withTail<L extends Log>(log: L): L & Tail {
  const lines: string[] = [];
  const keep = (text: string) => {
    lines.push(...withoutQuotations(text).split('\n'));
    lines.splice(0, Math.max(0, lines.length - mostLines));
  };
  return {
    ...log,
    info: (line) => {
      keep(line);
      log.info(line);
    },
    warning: (line) => {
      keep(`warning: ${line}`);
      log.warning(line);
    },
    group: async (title, work) => {
      keep(title);
      return await log.group(title, work);
    },
    // A line that is cut first might end in half a secret.
    tail: () => lines.map((line) => secrets.masked(line).slice(0, longestLine)),
  };
}
