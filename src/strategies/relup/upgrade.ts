import { messageOf } from '../../system/message-of.js';
import type { UpdateContext, UpdateResult } from '../context.js';
import type { TargetPlan } from '../strategy.js';
import { abandon, type UpgradePath } from './path.js';
import type { UpgradeMaterial, UpgradePlan } from './plan.js';
import { measure } from './proof.js';
import { unready } from './step.js';
import { stage } from './switch.js';

/** The path to the new release of a plan. */
export function pathUp({ name, container, rehearsal }: TargetPlan, hot: UpgradeMaterial): UpgradePath {
  const { running, bundle, baseline, tree, present } = hot;
  return {
    ...{ name, container, running, baseline, direction: 'up', steps: [bundle.way] },
    measure: { tree, of: measure(hot, rehearsal) },
    brought: { to: bundle.to, directories: bundle.directories.filter((directory) => !present.includes(directory)) },
    ...(rehearsal?.kind === 'passed' && rehearsal.noWayDown !== undefined && { noWayBack: rehearsal.noWayDown }),
  };
}

/** Brings the new release's files beside the old one's, if all that runs could be brought to it now. */
export async function prepareUpgrade(work: UpdateContext, plan: UpgradePlan): Promise<UpdateResult | undefined> {
  const { engine, phase, inputs } = work;
  const { name, container, hot } = plan;
  const { running, bundle } = hot;
  const refused = (why: string): UpdateResult => ({
    outcome: 'refused',
    id: container.Id,
    message: `${name} was not changed: ${why}`,
  });
  try {
    const changed = await phase('check', () =>
      unready(running, { way: bundle.way, direction: 'up' }, bundle, inputs.suspendTimeoutMs),
    );
    if (changed !== undefined) return { ...refused(changed.why), ...(changed.overtaken && { overtaken: true }) };
    await work.note('stage');
    await phase('stage', () => stage(engine, container.Id, running.root, bundle));
    return undefined;
  } catch (error) {
    await abandon(work, pathUp(plan, hot));
    return refused(messageOf(error));
  }
}
