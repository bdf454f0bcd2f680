import { type Cache, newCache } from '../analysis/cache.js';
import type { AnalysisContext } from '../analysis/context.js';
import type { Inputs } from '../config/inputs.js';
import type { Engine } from '../engines/engine.js';
import { isNode } from '../engines/names.js';
import type { Version } from '../journal/entry.js';
import type { ReasonCode } from '../reasons/codes.js';
import { against } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { Refusal } from '../reasons/refusal.js';
import { counterpart } from '../release/counterpart.js';
import { choose, decide, imageGone } from '../rollout/decide.js';
import { strategies } from '../strategies/index.js';
import type { ReturningTarget, TargetPlan } from '../strategies/strategy.js';
import { once } from '../system/once.js';
import { keptAs, type TargetHistory } from './history.js';

/**
 * Decides for each container how it goes back: by the first strategy that can, as for a deploy. Changes nothing.
 *
 * @throws Refusal that says for which of them there is no way
 */
export async function plansBack(
  site: AnalysisContext,
  pasts: readonly TargetHistory[],
): Promise<readonly TargetPlan[]> {
  const shared = newCache();
  const plans: TargetPlan[] = [];
  for (const past of pasts) plans.push(await planBack(site, past, shared));
  return plans;
}

async function planBack(whole: AnalysisContext, past: TargetHistory, shared: Cache): Promise<TargetPlan> {
  const { engine, inputs, image, next: of } = whole;
  if (isNode(past.container.Id)) {
    return await planWithoutImage({ engine, inputs, shared }, { version: of.version, image: image.Id }, past);
  }
  const surveyed = await byRestart(whole, past, shared);
  const { next, update } = surveyed;
  if (next === undefined || update === undefined) return surveyed;
  const kept = keptAs(past.earlier, { version: next.version, image: image.Id });
  const found = await chooseReturn({
    ...{ engine, inputs, shared, plan: surveyed, version: next.version, site: { ...whole, next } },
    ...(past.reading.kind === 'running' && { running: past.reading.release }),
    ...(kept && { kept: kept.container }),
  });
  if (found.update === undefined) throw new Refusal(`No strategy can take ${past.name} back: ${told(found.reasons)}.`);
  // `byRestart` asked for the restart, and not the user.
  const isOwn = (code: ReasonCode) => code === 'strategy-restart' || code === 'strategy-other';
  const given = surveyed.reasons.filter(({ code }) => inputs.strategy === 'restart' || !isOwn(code));
  return { ...surveyed, ...found, reasons: [...(found.update.hot ? [] : given), ...found.reasons] };
}

/** The first strategy that is possible, with why the better ones are not; without an update if none is. */
async function chooseReturn(target: ReturningTarget): Promise<Pick<TargetPlan, 'update' | 'reasons' | 'rehearsal'>> {
  const ruledOut: Reason[] = [];
  let tried: Pick<TargetPlan, 'rehearsal'> = {};
  for (const strategy of strategies) {
    const assessment = await strategy.assessReturn?.(target);
    if (assessment === undefined) continue;
    if (assessment.rehearsal !== undefined) tried = { rehearsal: assessment.rehearsal };
    if (assessment.kind === 'possible') {
      return { ...tried, update: assessment.update, reasons: [...ruledOut, ...assessment.remarks] };
    }
    ruledOut.push(...assessment.reasons);
  }
  return { ...tried, reasons: ruledOut };
}

/** What could not be read says more than its code. */
const told = (reasons: readonly Reason[]) =>
  reasons
    .map(({ code, subject, message }) =>
      code === 'target-unreadable' ? message.replace(/\.$/, '') : `${code} (${subject})`,
    )
    .join(', ');

/** What a deploy of the older image by restart would be; of a container that has ended nobody can be asked. */
async function byRestart(
  site: AnalysisContext,
  { name, container, reading, root, line }: TargetHistory,
  shared: Cache,
): Promise<TargetPlan> {
  const { engine, inputs } = site;
  if (reading.kind !== 'stopped') {
    const [surveyed] = await decide({ ...site, inputs: { ...inputs, strategy: 'restart' } }, [container], shared);
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
  return await choose(plan, { name, container, oldImage, site: at, shared, root: root ?? at.next.root });
}

/**
 * How containers go back to a version whose image is gone: without a new container, or not at all.
 *
 * @throws Refusal that says for which of them there is no way
 */
export async function plansWithoutImage(
  engine: Engine,
  inputs: Inputs,
  target: Version,
  pasts: readonly TargetHistory[],
): Promise<readonly TargetPlan[]> {
  const shared = newCache();
  return await Promise.all(pasts.map((past) => planWithoutImage({ engine, inputs, shared }, target, past)));
}

async function planWithoutImage(
  site: Pick<ReturningTarget, 'engine' | 'inputs' | 'shared'>,
  { version, image, reference }: Version,
  { name, container, reading }: TargetHistory,
): Promise<TargetPlan> {
  const gone = `The engine no longer has the image ${reference ?? image} of ${version ?? 'what ran before'}`;
  const help = 'Pull it or build it again, and name it by `to`.';
  const oldImage = await site.engine.findImage(container.Image);
  if (oldImage === undefined) throw new Refusal(imageGone(name, container.Image));
  if (reading.kind !== 'running' || version === undefined || site.inputs.strategy === 'restart') {
    throw new Refusal(`${gone}, and ${name} could go back only by a restart. ${help}`);
  }
  const { release: running } = reading;
  const plan = { name, container, oldImage, from: running.version, root: running.root, reasons: [] };
  if (running.version === version) return plan;
  const found = await chooseReturn({ ...site, plan, version, running });
  if (found.update === undefined) {
    throw new Refusal(`${gone}, and ${name} cannot go back hot: ${told(found.reasons)}. ${help}`);
  }
  return { ...plan, ...found };
}
