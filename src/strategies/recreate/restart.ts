import type { ContainerDetails } from '../../engines/details.js';
import type { Step } from '../../journal/entry.js';
import { askedAt } from '../../probe/asked.js';
import type { ImageRelease } from '../../release/release.js';
import { messageOf } from '../../system/message-of.js';
import type { UpdateContext, UpdateResult } from '../context.js';
import { recordIfPossible } from '../record.js';
import { serving } from '../serving.js';
import { type Life, lifeOf, soak } from '../soak.js';
import type { TargetPlan } from '../strategy.js';
import { retireOriginal } from './finish.js';
import { recreate } from './recreate.js';
import { type Recreated, type RecreateOptions, restorePrevious } from './replace.js';
import { restoreKept } from './restore-kept.js';
import { verifyBoot } from './verify-boot.js';

const askedBackMs = 30_000;

/** What a restart is told beside what every way works with. */
export interface Restart {
  readonly plan: TargetPlan;
  readonly next: ImageRelease;
  /** An earlier container that takes the place, where no new one is to be made. */
  readonly kept?: ContainerDetails;
}

/**
 * Puts the container on the new image, and judges the new one as a hot load is judged: it must answer, run what the image holds,
 * and stay up. The old one stays, stopped, until the restart is made final; if the new one fails, it serves again.
 */
export async function restart(work: UpdateContext, { plan, next, kept }: Restart): Promise<UpdateResult> {
  const { engine, image, probe, replaced } = work;
  const { container } = plan;
  probe?.mark('switch-begins');
  // Whoever goes back may do so because what runs has ended.
  const ended = work.inputs.mode === 'rollback';
  const answered = probe?.answeredBefore() === true;
  const options = {
    ...around(work, plan.name),
    isOurs: work.isOurs,
    onPhase: work.part,
    replaced,
    ended,
    probed: probing(work),
    answered,
  };
  const result =
    kept === undefined
      ? await recreate(engine, container, plan.oldImage, image, options)
      : await restoreKept(engine, { running: container, kept }, options);
  probe?.mark('switch-ends');
  if (result.kind !== 'recreated') return await tookBack(work, plan, result);

  const { id, warnings, settings } = result;
  replaced.set(container.Id, id);
  // What cannot be watched any more is not left as it is: the way back asks anew.
  const { failure, ...judged } = await judge(work, plan, id, next).catch((error: unknown) => ({
    failure: `It was healthy on the new image, and then it could not be watched: ${messageOf(error).replace(/\.$/, '')}.`,
  }));
  const told = { id, warnings, ...(settings && { settings }), ...judged };
  if (failure === undefined) return { outcome: 'deployed', ...told };
  if (work.inputs.onFailure === 'stop' && !work.deadline.cancelled) {
    const message = `${plan.name}: ${failure} It was left as it is, since on-failure is stop; the old container stands beside it, stopped.`;
    return { outcome: 'failed', ...told, message };
  }
  return { ...told, ...(await rollBackRestart(work, plan, failure)) };
}

/** Why a new container that was healthy is not deployed, in a sentence, if it is not; and what was found out about it. */
async function judge(
  work: UpdateContext,
  plan: TargetPlan,
  id: string,
  next: ImageRelease,
): Promise<Pick<UpdateResult, 'proof' | 'unasked'> & { readonly failure?: string }> {
  await follow(work, id);
  const life: Life = { ...lifeOf(await work.engine.inspectContainer(id)), restarts: 0, unhealthy: false };
  const verified = await work.phase('prove', () => verifyBoot(work, plan, id, next));
  const found = {
    ...('proof' in verified && { proof: verified.proof }),
    ...(verified.kind === 'unasked' && { unasked: verified.why }),
  };
  if (verified.kind === 'failed') return { ...found, failure: `It was healthy on the new image, and ${verified.why}.` };
  const sick = await work.phase('soak', () => soak(work, id, life));
  return { ...found, ...(sick !== undefined && { failure: `It was healthy on the new image, and then ${sick}.` }) };
}

/** Goes back to the container that a restart has stopped, and says why. Only before it is made final. */
export async function rollBackRestart(work: UpdateContext, plan: TargetPlan, why: string): Promise<UpdateResult> {
  const { engine, replaced, probe } = work;
  // What did not answer before the deploy cannot be waited for.
  const probed = probe?.answeredBefore() ? probing(work) : undefined;
  const options = { ...around(work, plan.name), why, old: plan.container, probed };
  const result = await work.phase('restore', () => restorePrevious(engine, plan.name, options));
  if (result.kind === 'restored') {
    if (result.id === plan.container.Id) replaced.delete(plan.container.Id);
    else replaced.set(plan.container.Id, result.id);
    await follow(work, result.id);
  }
  return await tookBack(work, plan, result);
}

/** Where manual intervention is required or something is left, the next run recovers it. */
async function tookBack(
  work: UpdateContext,
  plan: TargetPlan,
  result: Exclude<Recreated, { readonly kind: 'recreated' }>,
): Promise<UpdateResult> {
  if (result.kind === 'failed' || (result.kind === 'untouched' && result.left)) return ended(plan, result);
  await recordIfPossible(work, plan.name, 'undone');
  return ended(plan, result, result.kind === 'restored' ? await saidBack(work, plan, result) : '');
}

/** The last word is the node's own, if it could be asked before. */
async function saidBack(
  work: UpdateContext,
  { from, reasons, container }: TargetPlan,
  { id, unseen }: { readonly id: string; readonly unseen?: true },
): Promise<string> {
  const silent = reasons.some(({ code }) =>
    ['distribution-off', 'node-unreachable', 'target-unreadable', 'container-stopped'].includes(code),
  );
  if (from === undefined || silent || unseen || work.deadline.cancelled || !container.State.Running) return '';
  const runs = await serving(work, id, [from], askedBackMs).catch(() => undefined);
  return runs === undefined
    ? ` Its node has not said since that it runs ${from}. Check the container.`
    : ` Its node says that it runs ${from}.`;
}

/** Makes a restart final. What stays for a way back is told, and what could not be tidied up makes no deploy fail. */
export async function commitRestart(
  work: UpdateContext,
  plan: TargetPlan,
  restarted: UpdateResult,
): Promise<UpdateResult> {
  const { engine, inputs, log, claim, isKept } = work;
  try {
    await recordIfPossible(work, plan.name, 'settle');
    const settle = () => retireOriginal(engine, plan.name, { log, newest: inputs.keep, claim, isKept });
    const { earlier, warnings } = await work.phase('keep', settle);
    await recordIfPossible(work, plan.name, 'done');
    // With --rm there would be nothing left to find it out by later.
    if (await hasEnded(work, restarted.id)) return { ...restarted, ...endedSince(plan) };
    return { ...restarted, earlier, warnings: [...(restarted.warnings ?? []), ...warnings] };
  } catch (error) {
    const said = messageOf(error);
    // Of an engine that does not answer nothing newer is known than that it served.
    if (await hasEnded(work, restarted.id).catch(() => false)) {
      const { outcome, message } = endedSince(plan);
      return { ...restarted, outcome, message: `${message} ${said}` };
    }
    const warning = `${plan.name} serves, and the container that ran before was not put aside: ${said}`;
    return { ...restarted, warnings: [...(restarted.warnings ?? []), warning] };
  }
}

/** Nothing is said to serve that has ended since it was seen healthy, or does so again and again. */
export async function hasEnded({ engine }: Pick<UpdateContext, 'engine'>, id: string): Promise<boolean> {
  const { Running: running, Restarting: restarting } = (await engine.findContainer(id))?.State ?? {};
  return !running || restarting === true;
}

function endedSince({ name }: TargetPlan) {
  const message = `${name} was healthy on the new image, and has ended since. Check the container.`;
  return { outcome: 'failed', message } as const;
}

/** What is not written down would be nobody's to take back. To go back matters more than the record of it. */
function around(work: UpdateContext, name: string) {
  const { clock, deadline, log, inputs, claim } = work;
  const record = (step: Step) => (step === 'restore' ? recordIfPossible(work, name, step) : work.record(step));
  return { log, clock, deadline, claim, healthTimeoutMs: inputs.healthTimeoutMs, record };
}

/** It runs as before. */
export function untouchedBy(name: string, { Id: id }: Pick<ContainerDetails, 'Id'>, why: string): UpdateResult {
  return { outcome: 'refused', id, message: `${name} was not changed: ${why}` };
}

function ended(plan: TargetPlan, result: Exclude<Recreated, { readonly kind: 'recreated' }>, said = ''): UpdateResult {
  const { name, container } = plan;
  switch (result.kind) {
    case 'untouched':
      return untouchedBy(name, container, result.why);
    case 'restored': {
      const now = result.unseen
        ? 'The old container was started again, and there was no time to see it healthy.'
        : 'The old container serves again.';
      return { outcome: 'rolled-back', id: result.id, message: `${name}: ${result.why} ${now}${said}` };
    }
    case 'failed':
      return { outcome: 'failed', id: container.Id, message: `${name}: ${result.why} ${result.state}` };
  }
}

/** The container behind the name is another one, and so may its address be. */
async function follow({ engine, log, probe, target }: UpdateContext, id: string): Promise<void> {
  if (probe === undefined || target === undefined) return;
  const container: ContainerDetails = await engine.inspectContainer(id);
  probe.retarget(askedAt(target, container, engine.host, log));
}

/** The HEALTHCHECK is waited for by itself. */
function probing(work: UpdateContext): RecreateOptions['probed'] {
  const { probe, clock } = work;
  if (probe === undefined || probe.kind === 'docker') return undefined;
  return async (id) => {
    await follow(work, id);
    const since = clock.now();
    return () => probe.unanswered(since);
  };
}
