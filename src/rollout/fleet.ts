import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import type { Changing } from '../plan/plan.js';
import { hasteOf } from './haste.js';
import { type Carried, carryOut } from './one.js';
import type { Fleet } from './run.js';

/**
 * Carries the plans out: the canary first, then the rest, a few at a time. Nothing is final until all have come through:
 * where one fails, those before it go back too, so that the fleet never runs two versions.
 */
export async function rollOut(fleet: Fleet, plans: readonly Changing[]): Promise<readonly Carried[]> {
  const { inputs, log } = fleet;
  const haste = hasteOf(fleet.signal, fleet.clock);
  const waves = inWaves(plans, inputs.canary, inputs.maxParallel);
  const carried: Carried[] = [];
  for (const [at, wave] of waves.entries()) {
    if (haste.cancelled) {
      log.warning('the run was cancelled before every container had its turn: those that did go back');
      return await Promise.all(
        carried.map((each) => each.revert('the run was cancelled before every container had its turn')),
      );
    }
    if (at === 0 && waves.length > 1) {
      log.info(`canary: ${wave.map(({ name }) => name).join(', ')}`);
    }
    carried.push(...(await Promise.all(wave.map((plan) => carryOut(fleet, plan, haste)))));
    if (carried.some(({ ended }) => ended.outcome !== 'deployed')) {
      log.warning('not every container came through: those that did go back');
      return await Promise.all(
        carried.map((each) =>
          each.ended.outcome === 'deployed' ? each.revert('another container of the fleet failed') : each.finish(),
        ),
      );
    }
  }
  return asOne(await conclude(carried, fleet));
}

type Concluded = Pick<Carried, 'stands' | 'settle' | 'revert'> & { readonly plan: Pick<Carried['plan'], 'name'> };

/**
 * Makes all final, unless one that had come through has ended while the others had their turn: then none is. Where a failure is
 * to be left to a person nothing goes back, and that one is told to have failed when it is to be made final.
 */
export async function conclude<T extends Concluded>(
  carried: readonly T[],
  { log, inputs }: { readonly log: Pick<Log, 'warning'>; readonly inputs: Pick<Inputs, 'onFailure'> },
): Promise<readonly Carried[]> {
  const stand = await Promise.all(carried.map((each) => each.stands()));
  const fallen = carried.filter((_, at) => !stand[at]).map(({ plan }) => plan.name);
  if (fallen.length === 0 || inputs.onFailure === 'stop') {
    return await Promise.all(carried.map((each) => each.settle()));
  }
  const why = `${fallen.join(', ')} had come up healthy on the new image, and has ended since`;
  log.warning(`${why}: all go back`);
  return await Promise.all(carried.map((each) => each.revert(why)));
}

/**
 * Pure: where one went back alone while it was made final, as by a restart to end old code that failed, the old version serves
 * nowhere else any more. That is no deploy that was taken back.
 */
export function asOne<T extends Pick<Carried, 'ended'>>(settled: readonly T[]): readonly T[] {
  if (!settled.some(({ ended }) => ended.outcome === 'deployed')) return settled;
  return settled.map((each) => {
    const { outcome, message = 'It went back.' } = each.ended;
    if (outcome !== 'rolled-back') return each;
    const split = `${message} Others of the fleet have come to stay on the new version: two versions run.`;
    return { ...each, ended: { ...each.ended, outcome: 'failed', message: split } };
  });
}

/** Pure: the canary, then groups of at most `parallel`. */
export function inWaves<T>(all: readonly T[], canary: number, parallel: number): readonly (readonly T[])[] {
  const first = all.length > canary ? canary : 0;
  const waves = first > 0 ? [all.slice(0, first)] : [];
  for (let at = first; at < all.length; at += parallel) {
    waves.push(all.slice(at, at + parallel));
  }
  return waves;
}
