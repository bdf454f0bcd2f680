import type { Inputs } from '../config/inputs.js';
import { type CancellationDeadline, cancellationDeadline } from '../deployment/cancellation-deadline.js';
import type { Changing } from '../strategies/strategy.js';
import type { Log } from '../system/log.js';
import { type Fleet, type OpenTarget, openTarget, type TargetUpdate } from './target-update.js';

/**
 * Carries the plans out: prepares all, then the canary, then the rest, a few at a time, and what changes as one at once. Nothing
 * is final until all have come through: where one fails, those before it go back too, so that the fleet never runs two versions.
 */
export async function rollOut(fleet: Fleet, plans: readonly Changing[]): Promise<readonly TargetUpdate[]> {
  const deadline = cancellationDeadline(fleet.signal, fleet.clock);
  const targets = plans.map((plan) => openTarget(fleet, plan, deadline));
  const groups = inGroups(targets, ({ plan }) => plan.update.group);
  try {
    const unready = await prepareAll(groups, fleet.inputs, deadline);
    return unready.length > 0 ? unready : await updateAll(fleet, groups, deadline);
  } finally {
    await Promise.all(targets.map((each) => each.abandon()));
  }
}

/** Answers for those that are not ready why not. Nothing has changed for anybody then. */
async function prepareAll(
  groups: readonly (readonly OpenTarget[])[],
  { maxParallel }: Pick<Inputs, 'maxParallel'>,
  deadline: CancellationDeadline,
): Promise<readonly TargetUpdate[]> {
  const unready = async (
    targets: readonly OpenTarget[],
    prepare: (one: OpenTarget) => Promise<TargetUpdate | undefined>,
  ) => {
    for (let at = 0; at < targets.length && !deadline.cancelled; at += maxParallel) {
      const some = await Promise.all(targets.slice(at, at + maxParallel).map(prepare));
      const found = some.filter((each) => each !== undefined);
      if (found.length > 0) return await Promise.all(found.map((each) => each.finish()));
    }
    return [];
  };
  const found = await unready(groups.flat(), (each) => each.prepare());
  if (found.length > 0) return found;
  const alone = (each: OpenTarget) => !each.isInstead();
  const split = groups.filter((group) => !group.every(alone) && group.some(alone));
  return await unready(split.flat().filter(alone), (each) => each.prepareInstead());
}

async function updateAll(
  fleet: Fleet,
  groups: readonly (readonly OpenTarget[])[],
  deadline: CancellationDeadline,
): Promise<readonly TargetUpdate[]> {
  const { inputs, log } = fleet;
  const batches = inBatches(groups, inputs, (each) => each.restarts());
  const carried: TargetUpdate[] = [];
  for (const [at, batch] of batches.entries()) {
    if (deadline.cancelled) {
      log.warning('the run was cancelled before every container had its turn: those that did go back');
      return await Promise.all(
        carried.map((each) => each.rollback('the run was cancelled before every container had its turn')),
      );
    }
    const why = await whoFell(carried);
    if (why !== undefined && inputs.onFailure !== 'stop') {
      log.warning(`${why}: all go back`);
      return await Promise.all(carried.map((each) => each.rollback(why)));
    }
    if (at === 0 && batches.length > 1) {
      log.info(`canary: ${batch.map(({ plan }) => plan.name).join(', ')}`);
    }
    carried.push(...(await Promise.all(batch.map((each) => each.update()))));
    if (carried.some(({ ended }) => ended.outcome !== 'deployed')) {
      log.warning('not every container came through: those that did go back');
      return await Promise.all(
        carried.map((each) =>
          each.ended.outcome === 'deployed' ? each.rollback('another container of the fleet failed') : each.finish(),
        ),
      );
    }
  }
  return withoutSplitFleet(await commitAll(carried, fleet));
}

type Concluded<T> = Pick<TargetUpdate, 'unlike' | 'commit' | 'rollback'> & {
  readonly plan: Pick<TargetUpdate['plan'], 'name'>;
  drain(): Promise<T>;
};

/**
 * Makes all final, unless one that had come through is not what it was brought to any more: then none is. If a failure is to be
 * left to a person nothing goes back, and that one is told to have failed when it is to be made final.
 */
export async function commitAll<T extends Concluded<T>>(
  carried: readonly T[],
  { log, inputs }: { readonly log: Pick<Log, 'warning'>; readonly inputs: Pick<Inputs, 'onFailure'> },
): Promise<readonly TargetUpdate[]> {
  // Checked after the drain, which may take long.
  const drained = await Promise.all(carried.map((each) => each.drain()));
  const why = inputs.onFailure === 'stop' ? undefined : await whoFell(drained);
  if (why === undefined) return await Promise.all(drained.map((each) => each.commit()));
  log.warning(`${why}: all go back`);
  return await Promise.all(carried.map((each) => each.rollback(why)));
}

/** Which of those that had come through are not what they were brought to any more, in a sentence without its stop. */
async function whoFell(carried: readonly Pick<Concluded<unknown>, 'unlike' | 'plan'>[]): Promise<string | undefined> {
  const all = await Promise.all(carried.map(async (each) => ({ name: each.plan.name, why: await each.unlike() })));
  const told = all.flatMap(({ name, why }) => (why === undefined ? [] : [`${name} had come through, and ${why}`]));
  return told.length === 0 ? undefined : told.join('; ');
}

/**
 * Pure: where one went back alone while it was made final, as by a restart to end old code that failed, the old version serves
 * nowhere else any more. That is no deploy that was taken back.
 */
export function withoutSplitFleet<T extends Pick<TargetUpdate, 'ended'>>(settled: readonly T[]): readonly T[] {
  if (!settled.some(({ ended }) => ended.outcome === 'deployed')) return settled;
  return settled.map((each) => {
    const { outcome, message = 'It went back.' } = each.ended;
    if (outcome !== 'rolled-back') return each;
    const split = `${message} Others of the fleet have come to stay on the new version: two versions run.`;
    return { ...each, ended: { ...each.ended, outcome: 'failed', message: split } };
  });
}

/** Pure: those that change as one together, in the place of the first of them; each other by itself. */
export function inGroups<T>(all: readonly T[], groupOf: (one: T) => object | undefined): readonly (readonly T[])[] {
  const groups = new Map<object, T[]>();
  for (const one of all) {
    const key = groupOf(one) ?? {};
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/**
 * Pure: the canary, then batches of at most `maxParallel`; no more restarts at once than may be down, the canary's included. A
 * group is never split, and has a batch of its own where it is larger than that.
 */
export function inBatches<T>(
  groups: readonly (readonly T[])[],
  { canary, maxParallel, maxUnavailable }: Pick<Inputs, 'canary' | 'maxParallel' | 'maxUnavailable'>,
  isRestart: (one: T) => boolean,
): readonly (readonly T[])[] {
  const batches: T[][] = [];
  const fill = (some: readonly (readonly T[])[], most: number) => {
    let batch: T[] | undefined;
    for (const group of some) {
      const together = [...(batch ?? []), ...group];
      const tooManyDown = group.some(isRestart) && together.filter(isRestart).length > maxUnavailable;
      if (batch === undefined || together.length > most || tooManyDown) {
        batch = [];
        batches.push(batch);
      }
      batch.push(...group);
    }
  };
  let first = 0;
  while (first < groups.length && groups.slice(0, first).flat().length < canary) first += 1;
  if (first === groups.length) first = 0;
  fill(groups.slice(0, first), canary);
  fill(groups.slice(first), maxParallel);
  return batches;
}
