import type { AnalysisContext } from '../analysis/context.js';
import { isolated } from '../analysis/isolated.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import { Unreadable } from '../engines/call.js';
import { against } from '../reasons/make.js';
import { processSalt } from '../release/baseline.js';
import { coldBoot } from '../release/cold-boot.js';
import { confinement } from '../release/confinement.js';
import type { RunningRelease } from '../release/release.js';
import { treeOf } from '../release/running.js';
import { asIn } from '../release/steady.js';
import { anotherAsked, isAllowed } from '../strategies/asked.js';
import type { Assessment, ReturningTarget, TargetPlan, Update } from '../strategies/strategy.js';
import { combined, findDowngradePath } from './downgrade.js';
import { strategyOf, type UpgradeManifest } from './manifest.js';
import type { DowngradePlan } from './plan.js';
import { copiesOf, inWords, unrehearsed } from './rehearsal/plans.js';
import { rehearse } from './rehearsal/rehearse.js';

type Answer = Assessment & { readonly rehearsal?: Rehearsal };

/** By what deploys have left in the container: a downgrade, rehearsed if the older image is there. */
export async function assessReturn(target: ReturningTarget, update: (down: DowngradePlan) => Update): Promise<Answer> {
  const { engine, inputs, version, plan, running, site } = target;
  // Another build of the very version: nothing leads there, and what differs is among the reasons of the restart.
  if (running === undefined || inputs.strategy === 'restart' || running.version === version) {
    return { kind: 'ruled-out', reasons: [] };
  }
  try {
    const found = await findDowngradePath(engine, plan.container.Id, running, version, inputs.suspendTimeoutMs);
    if (found.kind === 'closed') return { kind: 'ruled-out', reasons: found.reasons };
    const { steps } = found;
    const by = strategyOf(steps);
    if (!isAllowed(inputs, by)) return { kind: 'ruled-out', reasons: anotherAsked(inputs, by) };
    return site === undefined
      ? { kind: 'possible', update: update({ running, steps }), remarks: [] }
      : await tried(site, target, { running, steps }, update);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    // A restart needs none of what a downgrade reads in the container.
    const message = `${plan.name} cannot be read. ${error.message}`;
    return { kind: 'ruled-out', reasons: [against('target-unreadable', plan.name, message)] };
  }
}

async function tried(
  site: AnalysisContext,
  { plan, inputs, shared }: Pick<ReturningTarget, 'plan' | 'inputs' | 'shared'>,
  { running, steps }: { readonly running: RunningRelease; readonly steps: readonly UpgradeManifest[] },
  update: (down: DowngradePlan) => Update,
): Promise<Answer> {
  const { engine, image, clock, next } = site;
  const { container, oldImage } = plan;
  const apart = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  const { Env, Cmd, Entrypoint } = container.Config;
  const alike = [oldImage.Id, next.version, Env, Cmd, Entrypoint, confinement(container)];
  const [tree, boot] = await Promise.all([
    treeOf(running),
    shared('boot', JSON.stringify(alike), () => coldBoot(engine, apart, processSalt(), clock)),
  ]);
  const own = boot.kind === 'booted' ? asIn(tree, boot.facts.tree) : tree;
  const down = { running, steps, against: { tree: own, next, boot } };
  const possible = { kind: 'possible', update: update(down) } as const;
  if (inputs.rehearse === 'never') return { ...possible, remarks: [] };
  const rehearsal = await rehearsed(site, plan, down, (hold) =>
    shared('rehearsal', JSON.stringify([...alike, running.modules, steps]), hold),
  );
  switch (rehearsal.kind) {
    case 'failed':
      return { kind: 'ruled-out', rehearsal, reasons: rehearsal.reasons };
    case 'unrehearsed':
      return { ...possible, rehearsal, remarks: [unrehearsed(next.version, rehearsal.why)] };
    case 'passed':
      return { ...possible, rehearsal, remarks: [] };
  }
}

/** On a throw-away container of what runs, with copies of the states that serve; once for all that are alike. */
async function rehearsed(
  site: AnalysisContext,
  { name, container, oldImage }: TargetPlan,
  { running, steps, against: { boot } }: DowngradePlan & Required<Pick<DowngradePlan, 'against'>>,
  once: (hold: () => Promise<Rehearsal>) => Promise<Rehearsal>,
): Promise<Rehearsal> {
  const { engine, clock, log, inputs, image, next } = site;
  const { image: _, ...apart } = isolated(site, { container, oldImage, image, nodeName: running.nodeName });
  return await once(async () => {
    const { copies, remarks } = await copiesOf({ name, running, updates: combined(steps).updates });
    const rehearsal = await rehearse({
      ...{
        engine,
        clock,
        log,
        isolated: apart,
        path: { running, direction: 'down', steps },
        target: { release: next, boot },
      },
      ...{ suspendTimeoutMs: inputs.suspendTimeoutMs, copies, uncopied: remarks },
      ...(inputs.rehearseCommand !== undefined && { command: inputs.rehearseCommand }),
    });
    log.info(`${running.version} → ${next.version} ${inWords(rehearsal)}`);
    return rehearsal;
  });
}
