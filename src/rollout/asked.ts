import type { ContainerDetails } from '../docker/details.js';
import type { Log } from '../log.js';
import { type ResolvedProbe, resolveProbe, UnreachableContainer } from '../probe/resolve.js';
import type { ProbeTarget } from '../probe/target.js';

/**
 * Where a container is asked now; undefined where it has no address, which is told. One that has ended has none, and to
 * deploy in its place matters more than to measure that.
 */
export function askedAt(
  target: ProbeTarget,
  container: ContainerDetails,
  engineHost: string,
  log: Pick<Log, 'warning'>,
): ResolvedProbe | undefined {
  try {
    return resolveProbe(target, container, engineHost);
  } catch (error) {
    if (!(error instanceof UnreachableContainer)) throw error;
    log.warning(`${error.message}: its downtime is not measured`);
    return undefined;
  }
}
