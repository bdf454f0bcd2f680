import { InvalidProbe, type ProbeTarget, parseProbe } from '../probe/target.js';
import type { Kind } from './kind.js';
import { UsageError } from './usage-error.js';

export const probeTarget: Kind<ProbeTarget> = {
  allowed: '`http://HOST[:PORT][/PATH]`, `tcp://HOST:PORT`, `exec:COMMAND`, `docker`; HOST may be `{container}`',
  parse: (text) => {
    try {
      return parseProbe(text);
    } catch (error) {
      throw error instanceof InvalidProbe ? new UsageError(error.message, { cause: error }) : error;
    }
  },
};

/** An answered request costs less than a millisecond; an exec or a health check costs the engine a process. */
export function defaultIntervalMs(probe: ProbeTarget | undefined): number {
  return probe?.kind === 'http' || probe?.kind === 'tcp' ? 10 : 1_000;
}
