import { assessBoots } from '../../analysis/boots.js';
import type { AssessedTarget } from '../../analysis/target.js';
import type { UpdateContext } from '../context.js';
import { recoveryUpdateContext } from '../recovery.js';
import { whyUnlike } from '../serving.js';
import { type Assessment, closed, type OpenUpdate, type Strategy, type TargetPlan, type Update } from '../strategy.js';
import { abandon } from './abandon.js';
import { assessCode } from './assess-code.js';
import { assessReturn } from './assess-return.js';
import { commitPath, drained } from './commit.js';
import { combined } from './downgrade.js';
import { judgeRelease } from './judge.js';
import { follow, rollBack, type UpgradePath, versionAtEnd } from './path.js';
import { place } from './place.js';
import type { DowngradePlan, Upgrade, UpgradeMaterial } from './plan.js';
import { pathUp, prepare } from './prepare.js';
import { measure } from './proof.js';
import { recoverUpgrade } from './recover.js';
import { rehearsePlans } from './rehearsal/plans.js';

/** A release upgrade by OTP's release_handler: code, processes and supervisors change in the VM that runs. */
export const relup: Strategy = {
  ...{ name: 'relup', assess, rehearse: rehearsePlans },
  assessReturn: (target) => assessReturn(target, downgradeUpdate),
  recovery: {
    ways: ['relup', 'downgrade'],
    fromJournal: async (around, container, { last, notes, direction }) =>
      await recoverUpgrade(recoveryUpdateContext(around, last, notes), container, last, direction),
  },
};

async function assess(target: AssessedTarget): Promise<Assessment> {
  const { site, container, oldImage, running: known, startup, shared } = target;
  if (known === undefined) return { kind: 'ruled-out', reasons: [] };
  const { release: running, change, image } = known;
  const { present, ...placed } = await place(site, container.Id, running, change);
  const comparison = {
    ...{ running, next: site.next, change, image, ...placed, options: site.inputs },
    readOnlyRoot: container.HostConfig.ReadonlyRootfs === true,
  };
  const reasons = judgeRelease(comparison);
  if (closed(reasons)) {
    const boots = await assessBoots(site, { container, oldImage, nodeName: running.nodeName }, shared);
    return { kind: 'ruled-out', reasons: [...reasons, ...boots] };
  }
  const code = await assessCode(site, { container, oldImage }, comparison, shared);
  if (code.kind === 'closed') return { kind: 'ruled-out', reasons: [...reasons, ...code.reasons] };
  const { tree, boot } = code.material;
  const trees = { running: tree, ...(boot.kind === 'booted' && { boot: boot.facts.tree }) };
  const all = [...reasons, ...code.reasons, ...((await startup?.hot(trees)) ?? [])];
  if (closed(all)) return { kind: 'ruled-out', reasons: all };
  return {
    kind: 'possible',
    update: upgradeUpdate({ running, next: site.next, present, ...code.material }),
    remarks: all,
  };
}

/** Loads a release into a VM with what was gathered and made for it. */
export function upgradeUpdate(hot: UpgradeMaterial): Upgrade {
  const { bundle, next, counts, present } = hot;
  return {
    ...{ method: 'relup', hot: true, version: next.version, artifact: bundle, holds: counts, upgrade: hot },
    record: ({ rehearsal }) => ({
      way: 'relup',
      brought: bundle.directories.filter((directory) => !present.includes(directory)),
      ...(rehearsal?.kind === 'passed' && {
        wayBack: rehearsal.noWayDown === undefined ? ('downgrade' as const) : ('restart' as const),
      }),
    }),
    prepare: (work, plan) => prepare(work, pathUp(plan, hot), bundle),
    abandon: (work, plan) => abandon(work, pathUp(plan, hot)),
    open: (work, plan) => open(work, plan, pathUp(plan, hot)),
  };
}

function open(work: UpdateContext, plan: TargetPlan, path: UpgradePath): OpenUpdate {
  const { loads } = combined(path.steps);
  return {
    apply: () => follow(work, path),
    unlike: ({ id }) => whyUnlike(work, id, versionAtEnd(path)),
    drain: async (ended) => ({ ...ended, lingering: await drained(work, { node: path.running.node, loads }) }),
    commit: (ended) => commitPath(work, path, ended, plan.update?.instead?.open(work, plan)),
    rollback: (why) => rollBack(work, path, why),
  };
}

/** Back to a release that ran in the container before, by the relups that its deploys have left there. */
function downgradeUpdate(down: DowngradePlan): Update {
  return {
    ...{ method: 'relup', hot: true, version: down.against?.next.version },
    record: () => ({ way: 'downgrade' }),
    prepare: (work, plan) => prepare(work, pathDown(plan, down)),
    open: (work, plan) => open(work, plan, pathDown(plan, down)),
  };
}

function pathDown({ name, container, rehearsal }: TargetPlan, { running, steps, against }: DowngradePlan): UpgradePath {
  const goal = against && { tree: against.tree, of: measure(against, rehearsal) };
  return { name, container, running, direction: 'down', steps, ...(goal && { measure: goal }) };
}
