import type { UpdateContext, UpdateResult } from '../strategies/context.js';
import type { TargetPlan } from '../strategies/strategy.js';
import { messageOf } from '../system/message-of.js';
import { abandon } from './abandon.js';
import type { Bundle } from './bundle.js';
import { combined } from './downgrade.js';
import { refused, type UpgradePath } from './path.js';
import type { UpgradeMaterial } from './plan.js';
import { measure } from './proof.js';
import { unready } from './step.js';
import { stage } from './switch.js';

/** The path to the new release of a plan. */
export function pathUp(
  { name, container, rehearsal }: TargetPlan,
  hot: UpgradeMaterial,
): UpgradePath & Pick<UpgradeMaterial, 'running'> {
  const { running, bundle, baseline, tree, present } = hot;
  return {
    ...{ name, container, running, baseline, direction: 'up', steps: [bundle.way] },
    measure: { tree, of: measure(hot, rehearsal) },
    brought: { to: bundle.to, directories: bundle.directories.filter((directory) => !present.includes(directory)) },
    ...(rehearsal?.kind === 'passed' && rehearsal.noWayDown !== undefined && { noWayBack: rehearsal.noWayDown }),
  };
}

/**
 * Brings a release's files beside those of the one that runs, if all that runs could be brought to it now.
 *
 * @param bundle absent if the release lies in the container already
 */
export async function prepare(
  work: UpdateContext,
  path: UpgradePath,
  bundle?: Bundle,
): Promise<UpdateResult | undefined> {
  const { engine, phase, inputs } = work;
  const { container, running, direction, steps } = path;
  const [way] = steps;
  if (way === undefined) return undefined;
  try {
    const changed = await phase('check', () =>
      unready(running, { way, direction }, combined(steps), inputs.suspendTimeoutMs),
    );
    if (changed !== undefined) return refused(path, changed.why, changed.overtaken);
    if (bundle === undefined) return undefined;
    await work.record('stage');
    await phase('stage', () => stage(engine, container.Id, running.root, bundle));
    return undefined;
  } catch (error) {
    await abandon(work, path);
    return refused(path, messageOf(error));
  }
}
