import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { againstAll, remark } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { Refusal } from '../reasons/refusal.js';
import type { CurrentRun } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { type Unanswered, unansweredBefore } from '../rollout/unanswered.js';
import type { TargetPlan } from '../strategies/strategy.js';

/**
 * Asks the containers by their probes before anything else: a probe that does not answer before a deploy could not judge it
 * afterwards. Answers a reason for each container that is silent, by its name.
 *
 * @throws Refusal if this run is to deploy; not with `strategy: restart`, which may be the way out of an outage
 */
export async function probeBefore(
  engine: Engine,
  { inputs, world, comparedWith }: CurrentRun,
  containers: readonly ContainerDetails[],
): Promise<ReadonlyMap<string, Reason>> {
  if (comparedWith !== undefined || !['deploy', 'plan'].includes(inputs.mode)) return new Map();
  const { clock, log } = world;
  const silent = await steps(world)('Ask the probe', () => unansweredBefore({ engine, clock }, inputs, containers));
  const goesOn = inputs.strategy === 'restart';
  const reasons = new Map(silent.map((each) => [each.name, reasonOf(each, goesOn)]));
  for (const { message } of reasons.values()) log.warning(message);
  if (silent.length > 0 && inputs.mode === 'deploy' && !inputs.dryRun && !goesOn) {
    const told = silent.map(({ name, asked, got }) => `${name} does not answer ${asked} (${got})`).join('; ');
    throw new Refusal(
      `${told}. So it could not be told whether the deploy works: mend the probe or the service, or deploy with \`strategy: restart\`, which goes on and is judged by the probe afterwards.`,
      { reasons: [...reasons.values()] },
    );
  }
  return reasons;
}

function reasonOf({ name, asked, got }: Unanswered, goesOn: boolean): Reason {
  const what = `${name} does not answer ${asked} before the deploy: ${got}.`;
  return goesOn
    ? remark('probe-not-answering', name, `${what} The restart goes on, and is judged by it afterwards.`)
    : againstAll(
        'probe-not-answering',
        name,
        `${what} A deploy is refused as long as that is so; only \`strategy: restart\` goes on.`,
      );
}

/** The plans, each with what its container's probe said. */
export function withProbeReasons(
  plans: readonly TargetPlan[],
  reasons: ReadonlyMap<string, Reason>,
): readonly TargetPlan[] {
  return plans.map((plan) => {
    const reason = reasons.get(plan.name);
    return reason === undefined ? plan : { ...plan, reasons: [...plan.reasons, reason] };
  });
}
