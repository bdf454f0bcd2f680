import { type ContainerDetails, nameOf } from '../docker/details.js';
import { means } from '../docker/selector.js';
import type { Inputs } from '../inputs.js';
import type { ProbeTarget } from './target.js';

/**
 * What a container is asked by: the probe of the line that means it, else the one for all, else its HEALTHCHECK; undefined if it is
 * asked nothing. A container is never judged by another line's probe.
 */
export function targetOf(
  { containers, probe }: Pick<Inputs, 'containers' | 'probe'>,
  container: ContainerDetails,
): ProbeTarget | undefined {
  // Typed as always there, and null where a container has none.
  const labels: Record<string, string> | null = container.Config.Labels;
  const known = { id: container.Id, names: [nameOf(container)], labels: labels ?? {} };
  const line = containers.find((selector) => means(selector, known));
  const chosen = line?.probe ?? probe;
  if (chosen !== undefined) return chosen.kind === 'none' ? undefined : chosen;
  const [check = 'NONE'] = container.Config.Healthcheck?.Test ?? [];
  return check === 'NONE' ? undefined : { kind: 'docker' };
}
