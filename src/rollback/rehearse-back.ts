import { isolated } from '../analysis/isolated.js';
import type { Site } from '../analysis/site.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import { together } from '../strategies/relup/downgrade.js';
import type { Descent } from '../strategies/relup/plan.js';
import { rehearseDown } from '../strategies/relup/rehearsal/down.js';
import { copiesOf, inWords } from '../strategies/relup/rehearsal/plans.js';
import type { TargetPlan } from '../strategies/strategy.js';

/** Tries the way back out on a throw-away container of what runs, with copies of the states that serve. */
export async function rehearseBack(
  site: Site,
  { name, container, oldImage }: TargetPlan,
  { running, steps, against }: Descent,
): Promise<Rehearsal> {
  const { engine, clock, log, inputs, image, next } = site;
  if (against === undefined) {
    return { kind: 'unrehearsed', why: 'the image of the older version is gone', ms: 0 };
  }
  const { image: _, ...apart } = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  const { copies, remarks } = await copiesOf({ name, running, updates: together(steps).updates });
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
