import type { AnalysisContext } from '../analysis/context.js';
import { isolated } from '../analysis/isolated.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import { combined } from '../strategies/relup/downgrade.js';
import type { DowngradePlan } from '../strategies/relup/plan.js';
import { copiesOf, inWords } from '../strategies/relup/rehearsal/plans.js';
import { rehearseDown } from '../strategies/relup/rehearsal/rehearse-downgrade.js';
import type { TargetPlan } from '../strategies/strategy.js';

/** Tries the way back out on a throw-away container of what runs, with copies of the states that serve. */
export async function rehearseBack(
  site: AnalysisContext,
  { name, container, oldImage }: TargetPlan,
  { running, steps, against }: DowngradePlan,
): Promise<Rehearsal> {
  const { engine, clock, log, inputs, image, next } = site;
  if (against === undefined) {
    return { kind: 'unrehearsed', why: 'the image of the older version is gone', ms: 0 };
  }
  const { image: _, ...apart } = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  const { copies, remarks } = await copiesOf({ name, running, updates: combined(steps).updates });
  const rehearsal = await rehearseDown({
    engine,
    clock,
    log,
    isolated: apart,
    running,
    steps,
    target: { release: next, boot: against.boot },
    suspendTimeoutMs: inputs.suspendTimeoutMs,
    copies,
    uncopied: remarks,
    ...(inputs.rehearseCommand !== undefined && { command: inputs.rehearseCommand }),
  });
  log.info(`${running.version} → ${next.version} ${inWords(rehearsal)}`);
  return rehearsal;
}
