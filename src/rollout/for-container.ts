import type { Inputs } from '../config/inputs.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import { isNode } from '../engines/names.js';
import { CONTAINER, type ProbeTarget } from '../probe/target.js';
import { means } from '../targets/selector.js';

/** What cannot tell one container of several from another, in a sentence; undefined if each is asked by itself. */
export function sharedProbe(
  inputs: Pick<Inputs, 'containers' | 'probe'>,
  containers: readonly ContainerDetails[],
): string | undefined {
  const asked = new Map<string, string[]>();
  for (const container of containers) {
    const target = targetOf(inputs, container);
    if ((target?.kind !== 'http' && target?.kind !== 'tcp') || target.host === CONTAINER) continue;
    const place = `${target.kind}://${target.host}:${target.port}`;
    asked.set(place, [...(asked.get(place) ?? []), nameOf(container)]);
  }
  const shared = [...asked].find(([, names]) => names.length > 1);
  if (shared === undefined) return undefined;
  const [place, names] = shared;
  return `${names.join(', ')} are all asked at ${place}, where one that answers hides another that does not. Put ${CONTAINER} in place of the host, or give each line of \`containers\` its own probe.`;
}

/**
 * What a container is asked by: the probe of the line that means it, else the one for all, else its HEALTHCHECK; undefined if it is
 * asked nothing. A container is never judged by another line's probe.
 */
export function targetOf(
  { containers, probe }: Pick<Inputs, 'containers' | 'probe'>,
  container: ContainerDetails,
): ProbeTarget | undefined {
  // Nobody knows where it could be asked from here.
  if (isNode(container.Id)) return undefined;
  // Typed as always there, and null where a container has none.
  const labels: Record<string, string> | null = container.Config.Labels;
  const known = { id: container.Id, names: [nameOf(container)], labels: labels ?? {} };
  const line = containers.find((selector) => means(selector, known));
  const chosen = line?.probe ?? probe;
  if (chosen !== undefined) return chosen.kind === 'none' ? undefined : chosen;
  const [check = 'NONE'] = container.Config.Healthcheck?.Test ?? [];
  return check === 'NONE' ? undefined : { kind: 'docker' };
}
