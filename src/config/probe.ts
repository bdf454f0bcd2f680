import { InvalidProbe, type ProbeTarget, parseProbe } from '../probe/target.js';
import type { Kind } from './kind.js';
import { UsageError } from './usage-error.js';

/** What a container is asked by; `none`: nothing, not even its HEALTHCHECK's verdict. */
export type ProbeChoice = ProbeTarget | { readonly kind: 'none' };

export const probeChoice: Kind<ProbeChoice> = {
  allowed:
    '`http://HOST[:PORT][/PATH]`, `tcp://HOST:PORT`, `exec:COMMAND`, `docker`, `none`; HOST may be `{container}`',
  parse: (text) => {
    if (text.trim() === 'none') return { kind: 'none' };
    try {
      return parseProbe(text);
    } catch (error) {
      throw error instanceof InvalidProbe ? new UsageError(error.message, { cause: error }) : error;
    }
  },
};
