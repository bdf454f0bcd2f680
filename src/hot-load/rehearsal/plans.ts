import type { AnalysisContext } from '../../analysis/context.js';
import { isolated } from '../../analysis/isolated.js';
import type { Rehearsal } from '../../deployment/rehearsal.js';
import { remark } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { Refusal } from '../../reasons/refusal.js';
import { plainName, plainPlace } from '../../release/modules.js';
import type { RunningRelease } from '../../release/release.js';
import type { TargetPlan } from '../../strategies/strategy.js';
import { messageOf } from '../../system/message-of.js';
import type { Bundle } from '../bundle.js';
import type { HotStrategy } from '../hot-strategy.js';
import { type UpgradePlan, upgradePlanOf } from '../plan.js';
import { pathUp } from '../prepare.js';
import { type Copy, takeCopies } from './copies.js';
import { rehearse } from './rehearse.js';

/** Rehearses each upgrade of a strategy once, however many containers get it, and closes the hot way where that failed. */
export async function rehearsePlans(
  site: AnalysisContext,
  plans: readonly TargetPlan[],
  by: HotStrategy['name'],
): Promise<readonly TargetPlan[]> {
  const { inputs } = site;
  if (inputs.rehearse === 'never') {
    return plans;
  }
  const done = new Map<Bundle, Rehearsal>();
  const rehearsed: TargetPlan[] = [];
  for (const plan of plans) {
    const own = plan.update?.method === by ? upgradePlanOf(plan) : undefined;
    if (own === undefined) {
      rehearsed.push(plan);
      continue;
    }
    const { bundle } = own.hot;
    const alike = plans.flatMap((other) => upgradePlanOf(other) ?? []).filter(({ hot }) => hot.bundle === bundle);
    const rehearsal = done.get(bundle) ?? (await rehearseOne(site, own, alike));
    done.set(bundle, rehearsal);
    rehearsed.push(decided(plan, own.hot.next.version, rehearsal));
  }
  return rehearsed;
}

async function rehearseOne(
  site: AnalysisContext,
  plan: UpgradePlan,
  alike: readonly UpgradePlan[],
): Promise<Rehearsal> {
  const { engine, clock, inputs, log, image } = site;
  const { container, oldImage, hot } = plan;
  const { image: _, ...apart } = isolated(site, { container, oldImage, image, nodeName: hot.running.nodeName });
  const copied: { readonly copies: readonly Copy[]; readonly remarks: readonly string[] }[] = [];
  // Each serves others, and may hold what the first one does not.
  for (const each of alike) {
    const { running, bundle } = each.hot;
    copied.push(await copiesOf({ name: each.name, running, updates: bundle.updates }));
  }
  const rehearsal = await rehearse({
    engine,
    clock,
    log,
    isolated: apart,
    path: pathUp(plan, hot),
    target: { release: hot.next, boot: hot.boot },
    oldBoot: hot.oldBoot,
    bundle: hot.bundle,
    copies: copied.flatMap(({ copies }) => copies),
    uncopied: copied.flatMap(({ remarks }) => remarks),
    suspendTimeoutMs: inputs.suspendTimeoutMs,
    ...(inputs.rehearseCommand !== undefined && { command: inputs.rehearseCommand }),
  });
  log.info(`${hot.running.version} → ${hot.next.version} ${inWords(rehearsal)}`);
  return rehearsal;
}

/** A node that is too busy to be copied from is no reason against an upgrade: the rest of the rehearsal goes on. */
export async function copiesOf({
  name,
  running,
  updates,
}: {
  readonly name: string;
  readonly running: RunningRelease;
  readonly updates: readonly string[];
}) {
  try {
    const { copies, uncopied } = await takeCopies(running.node, updates);
    const remarks = uncopied.map(
      ({ place, module }) =>
        `code_change of ${plainName(module)} was not tried on a state that serves in ${name} (${plainPlace(place)}): too large, or too busy to be copied`,
    );
    return { copies, remarks };
  } catch (error) {
    const why = messageOf(error);
    return { copies: [], remarks: [`no code_change was tried on states that serve in ${name}: ${why}`] };
  }
}

export function inWords(rehearsal: Rehearsal): string {
  const { ms, bootMs } = rehearsal;
  const cost = `in ${(ms / 1000).toFixed(1)} s${bootMs === undefined ? '' : ` (a cold boot takes ${(bootMs / 1000).toFixed(1)} s)`}`;
  switch (rehearsal.kind) {
    case 'passed':
      return `rehearsed ${cost}: it ended as a cold boot${rehearsal.noWayDown === undefined ? ', and so did the way back' : ''}`;
    case 'failed':
      return `failed its rehearsal ${cost}`;
    case 'unrehearsed':
      return `could not be rehearsed: ${rehearsal.why}`;
  }
}

function decided(plan: TargetPlan, version: string, rehearsal: Rehearsal): TargetPlan {
  const { update, ...rest } = plan;
  const because = (...reasons: readonly Reason[]) => ({ rehearsal, reasons: [...plan.reasons, ...reasons] });
  switch (rehearsal.kind) {
    case 'failed': {
      const instead = update?.instead;
      if (instead === undefined)
        throw new Refusal(
          `${plan.name} cannot be loaded hot, nor be restarted: ${rehearsal.reasons.map(({ message }) => message).join(' ')}`,
        );
      return { ...rest, ...because(...rehearsal.reasons), update: instead };
    }
    case 'unrehearsed':
      return { ...plan, ...because(unrehearsed(version, rehearsal.why)) };
    case 'passed':
      return {
        ...plan,
        ...because(...(rehearsal.noWayDown === undefined ? [] : [noWayDown(version, rehearsal.noWayDown)])),
      };
  }
}

export function unrehearsed(version: string, why: string) {
  return remark('unrehearsed', version, `The upgrade goes unrehearsed: ${why.trim().replace(/\.$/, '')}.`);
}

function noWayDown(version: string, why: string) {
  return remark(
    'no-way-down',
    version,
    `${why[0]?.toUpperCase()}${why.slice(1)}. Should the deploy fail, the container is restarted on the old version, which ends its connections; a code_change that also takes {down, Vsn} would keep them.`,
  );
}
