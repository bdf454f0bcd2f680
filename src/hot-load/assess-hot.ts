import { assessBoots } from '../analysis/boots.js';
import type { AssessedTarget } from '../analysis/target.js';
import type { Reason } from '../reasons/reason.js';
import { type Assessment, closed } from '../strategies/strategy.js';
import { assessCode } from './assess-code.js';
import type { HotStrategy } from './hot-strategy.js';
import { place } from './place.js';
import { upgradeUpdate } from './update.js';

/** Decides whether one of them can load the next release into a target. */
export async function assessHot(target: AssessedTarget, by: HotStrategy): Promise<Assessment> {
  const assessment = await assessed(target, by);
  return assessment.kind === 'possible'
    ? { ...assessment, remarks: assessment.remarks.map(givenBy(by)) }
    : { ...assessment, reasons: assessment.reasons.map(givenBy(by)) };
}

/** What both find rules out the one that has found it. */
const givenBy =
  ({ name }: HotStrategy) =>
  (reason: Reason): Reason => ({ ...reason, blocks: reason.blocks.map((way) => (way === 'relup' ? name : way)) });

async function assessed(target: AssessedTarget, by: HotStrategy): Promise<Assessment> {
  const { site, container, oldImage, running: known, startup, shared } = target;
  if (known === undefined) return { kind: 'ruled-out', reasons: [] };
  const { release: running, change, image } = known;
  const { present, ...placed } = await place(site, container.Id, running, change);
  const comparison = {
    ...{ running, next: site.next, change, image, ...placed, options: site.inputs },
    readOnlyRoot: container.HostConfig.ReadonlyRootfs === true,
  };
  const reasons = by.judgeRelease(comparison);
  if (closed(reasons)) {
    // Whoever is asked last boots both.
    if (by.name === 'relup' && !running.sasl) return { kind: 'ruled-out', reasons };
    const boots = await assessBoots(site, { container, oldImage, nodeName: running.nodeName }, shared);
    return { kind: 'ruled-out', reasons: [...reasons, ...boots] };
  }
  const code = await assessCode(site, { container, oldImage }, comparison, shared, by);
  if (code.kind === 'closed') return { kind: 'ruled-out', reasons: [...reasons, ...code.reasons] };
  const { tree, boot } = code.material;
  const trees = { running: tree, ...(boot.kind === 'booted' && { boot: boot.facts.tree }) };
  const all = [...reasons, ...code.reasons, ...((await startup?.hot(trees)) ?? [])];
  if (closed(all)) return { kind: 'ruled-out', reasons: all };
  const update = upgradeUpdate(by.name, { running, next: site.next, present, ...code.material });
  return { kind: 'possible', update, remarks: all };
}
