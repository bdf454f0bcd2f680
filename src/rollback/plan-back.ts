import { newCache } from '../analysis/cache.js';
import type { AnalysisContext } from '../analysis/context.js';
import { isolated } from '../analysis/isolated.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import { Unreadable } from '../engines/call.js';
import { against, remark } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { Refusal } from '../reasons/refusal.js';
import { processSalt } from '../release/baseline.js';
import { type ColdBoot, coldBoot } from '../release/cold-boot.js';
import { confinement } from '../release/confinement.js';
import { counterpart } from '../release/counterpart.js';
import type { RunningRelease } from '../release/release.js';
import { treeOf } from '../release/running.js';
import { asIn } from '../release/steady.js';
import { choose, decide, imageGone } from '../rollout/decide.js';
import { restartUpdate } from '../strategies/recreate/index.js';
import { whyNotRestorable } from '../strategies/recreate/restore-kept.js';
import { findDowngradePath } from '../strategies/relup/downgrade.js';
import { downgradeUpdate } from '../strategies/relup/index.js';
import type { DowngradePlan } from '../strategies/relup/plan.js';
import { unrehearsed } from '../strategies/relup/rehearsal/plans.js';
import type { TargetPlan } from '../strategies/strategy.js';
import { once } from '../system/once.js';
import { type Kept, keptAs, type TargetHistory } from './history.js';
import { rehearseBack } from './rehearse-back.js';

/** Decides for each container how it goes back. */
export async function plansBack(
  site: AnalysisContext,
  pasts: readonly TargetHistory[],
): Promise<readonly TargetPlan[]> {
  const trials = { boots: once<ColdBoot>(), rehearsals: once<Rehearsal>() };
  const plans: TargetPlan[] = [];
  for (const past of pasts) {
    plans.push(await planBack(site, past, trials));
  }
  return plans;
}

/**
 * Decides for one container how it goes back: hot by what its deploys have left in it, else by the very container that ran
 * then, else by a new one on the older image. Changes nothing.
 */
async function planBack(site: AnalysisContext, past: TargetHistory, trials: Trials): Promise<TargetPlan> {
  const { inputs, image } = site;
  const surveyed = await byRestart(site, past);
  const { next, update } = surveyed;
  if (next === undefined || update === undefined) return surveyed;
  // It was asked for here, and not by the user.
  const asked = inputs.strategy === 'restart';
  const given = surveyed.reasons.filter(({ code }) => asked || code !== 'strategy-restart');
  const { reading } = past;
  const hot: HotWay =
    reading.kind === 'running' && !asked
      ? await hotWay({ ...site, next }, surveyed, reading.release, trials).catch(unreadable(surveyed))
      : { kind: 'closed', reasons: [] };
  if (hot.kind === 'open') {
    const { down, rehearsal, reasons } = hot;
    return { ...surveyed, update: downgradeUpdate(down), reasons, ...(rehearsal && { rehearsal }) };
  }
  const { rehearsal } = hot;
  const reasons = [...given, ...hot.reasons];
  const plan = { ...surveyed, reasons, ...(rehearsal && { rehearsal }) };
  const kept = keptAs(past.earlier, { version: next.version, image: image.Id });
  const revival = kept === undefined ? { closed: [] } : await revivable(site, surveyed, kept);
  return 'kept' in revival
    ? { ...plan, update: restartUpdate(next, revival.kept) }
    : { ...plan, reasons: [...reasons, ...revival.closed] };
}

/** A restart needs none of what a downgrade reads in the container. */
function unreadable({ name }: TargetPlan): (error: unknown) => HotWay {
  return (error) => {
    if (!(error instanceof Unreadable)) throw error;
    return {
      kind: 'closed',
      reasons: [against('target-unreadable', name, `${name} cannot be read. ${error.message}`)],
    };
  };
}

/** What a deploy of the older image by restart would be; of a container that has ended nobody can be asked. */
async function byRestart(
  site: AnalysisContext,
  { name, container, reading, root, line }: TargetHistory,
): Promise<TargetPlan> {
  const { engine, inputs } = site;
  if (reading.kind !== 'stopped') {
    const [surveyed] = await decide({ ...site, inputs: { ...inputs, strategy: 'restart' } }, [container]);
    if (surveyed === undefined) throw new Error(`Nothing was decided about ${name}.`);
    return surveyed;
  }
  const oldImage = await engine.findImage(container.Image);
  if (oldImage === undefined) {
    throw new Refusal(imageGone(name, container.Image));
  }
  const from = line.at(-1)?.version;
  const message = `${name} is ${container.State.Status}, so there is nothing to load into: the older version is started in its place.`;
  const plan = {
    name,
    container,
    oldImage,
    ...(from !== undefined && { from }),
    ...(root !== undefined && { root }),
    reasons: [against('container-stopped', name, message)],
  };
  const at = { ...site, ...(await counterpart(site, { names: [], root }, once())) };
  return await choose(plan, { name, container, oldImage, site: at, shared: newCache(), root: root ?? at.next.root });
}

type HotWay =
  | {
      readonly kind: 'open';
      readonly down: DowngradePlan;
      readonly rehearsal?: Rehearsal;
      /** Remarks. */
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: 'closed'; readonly rehearsal?: Rehearsal; readonly reasons: readonly Reason[] };

/** What is tried once for all containers that are alike. */
interface Trials {
  readonly boots: (key: string, boot: () => Promise<ColdBoot>) => Promise<ColdBoot>;
  readonly rehearsals: (key: string, hold: () => Promise<Rehearsal>) => Promise<Rehearsal>;
}

async function hotWay(
  site: AnalysisContext,
  plan: TargetPlan,
  running: RunningRelease,
  trials: Trials,
): Promise<HotWay> {
  const { engine, next, image, clock, inputs } = site;
  const { container, oldImage } = plan;
  // Another build of the very version: no way leads there, and what differs is among the reasons of the restart.
  if (running.version === next.version) {
    return { kind: 'closed', reasons: [] };
  }
  const found = await findDowngradePath(engine, container.Id, running, next.version, inputs.suspendTimeoutMs);
  if (found.kind === 'closed') {
    return found;
  }
  const apart = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  const { Env, Cmd, Entrypoint } = container.Config;
  const alike = [oldImage.Id, Env, Cmd, Entrypoint, confinement(container)];
  const [tree, boot] = await Promise.all([
    treeOf(running),
    trials.boots(JSON.stringify(alike), () => coldBoot(engine, apart, processSalt(), clock)),
  ]);
  const own = boot.kind === 'booted' ? asIn(tree, boot.facts.tree) : tree;
  const down = { running, steps: found.steps, against: { tree: own, next, boot } };
  if (inputs.rehearse === 'never') {
    return { kind: 'open', down, reasons: [] };
  }
  const key = JSON.stringify([...alike, running.modules, found.steps]);
  const rehearsal = await trials.rehearsals(key, () => rehearseBack(site, plan, down));
  switch (rehearsal.kind) {
    case 'failed':
      return { kind: 'closed', rehearsal, reasons: rehearsal.reasons };
    case 'unrehearsed':
      return { kind: 'open', down, rehearsal, reasons: [unrehearsed(next.version, rehearsal.why)] };
    case 'passed':
      return { kind: 'open', down, rehearsal, reasons: [] };
  }
}

async function revivable(
  { engine }: AnalysisContext,
  { name, container }: TargetPlan,
  { container: kept }: Kept,
): Promise<{ readonly kept: Kept['container'] } | { readonly closed: readonly Reason[] }> {
  const why = await whyNotRestorable(engine, { running: container, kept });
  return why.length === 0 ? { kept } : { closed: [remark('not-revived', name, why.join(' '))] };
}
