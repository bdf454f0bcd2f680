import type { ContainerPlan } from '../plan/plan.js';
import type { Reason } from '../plan/reason.js';
import { remark } from '../plan/rule.js';
import { newSalt } from '../release/baseline.js';
import { coldBoot } from '../release/cold-boot.js';
import type { RunningRelease } from '../release/release.js';
import { downgradable } from '../rollout/downgrade.js';
import { whyNotRevive } from '../rollout/revive.js';
import { treeOf } from '../survey/code.js';
import { isolated } from '../survey/isolated.js';
import type { Site } from '../survey/site.js';
import { survey } from '../survey/survey.js';
import type { Kept, Remembered } from './past.js';

/**
 * Decides for one container how it goes back: hot by what its deploys have left in it, else by the very container that ran
 * then, else by a new one on the older image. Changes nothing.
 */
export async function planBack(site: Site, past: Remembered): Promise<ContainerPlan> {
  const { inputs, next } = site;
  const [surveyed] = await survey({ ...site, inputs: { ...inputs, strategy: 'restart' } }, [past.container]);
  if (surveyed === undefined || surveyed.method === 'none') {
    return surveyed ?? Promise.reject(new Error(`Nothing was decided about ${past.name}.`));
  }
  // It was asked for here, and not by the user.
  const asked = inputs.strategy === 'restart';
  const given = surveyed.reasons.filter(({ code }) => asked || code !== 'strategy-restart');
  const { reading } = past;
  const hot = reading.kind === 'running' && !asked ? await descent(site, surveyed, reading.release) : { reasons: [] };
  if ('down' in hot) {
    const { method: _, ...plan } = surveyed;
    return { ...plan, method: 'downgrade', down: hot.down, reasons: [] };
  }
  const reasons = [...given, ...hot.reasons];
  const plan = { ...surveyed, reasons };
  const kept = past.kept.find(({ version }) => version === next.version);
  const revival = kept === undefined ? { closed: [] } : await revivable(site, surveyed, kept);
  return 'kept' in revival
    ? { ...plan, method: 'revive', kept: revival.kept, next: site.next }
    : { ...plan, reasons: [...reasons, ...revival.closed] };
}

type HotWay =
  | { readonly down: Extract<ContainerPlan, { readonly method: 'downgrade' }>['down'] }
  | { readonly reasons: readonly Reason[] };

async function descent(site: Site, plan: ContainerPlan, running: RunningRelease): Promise<HotWay> {
  const { engine, next, image, clock, inputs } = site;
  const { container, oldImage } = plan;
  const found = await downgradable(engine, container.Id, running, next.version, inputs.suspendTimeoutMs);
  if (found.kind === 'closed') {
    return { reasons: found.reasons };
  }
  const apart = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  const [tree, boot] = await Promise.all([treeOf(running), coldBoot(engine, apart, newSalt(), clock)]);
  return { down: { running, steps: found.steps, against: { tree, next, boot } } };
}

async function revivable(
  { engine }: Site,
  { name, container }: ContainerPlan,
  { container: kept }: Kept,
): Promise<{ readonly kept: Kept['container'] } | { readonly closed: readonly Reason[] }> {
  const why = await whyNotRevive(engine, { running: container, kept });
  return why.length === 0 ? { kept } : { closed: [remark('not-revived', name, why.join(' '))] };
}
