import type { ContainerDetails } from '../engines/details.js';
import type { Log } from '../system/log.js';
import { type ResolvedProbe, resolveProbe, UnreachableContainer } from './resolve.js';
import type { ProbeTarget } from './target.js';

/** Where a container is asked now. A container that has ended has no address: it does not answer. */
export function askedAt(
  target: ProbeTarget,
  container: ContainerDetails,
  engineHost: string,
  log: Pick<Log, 'warning'>,
): ResolvedProbe {
  try {
    return resolveProbe(target, container, engineHost);
  } catch (error) {
    if (!(error instanceof UnreachableContainer)) throw error;
    log.warning(`${error.message}: it counts as down`);
    return { kind: 'nowhere', why: 'no address' };
  }
}
