import type { Method } from '../deployment/report.js';
import type { Way } from '../reasons/strategies.js';
import type { UpdateContext } from '../strategies/context.js';
import { whyUnlike } from '../strategies/serving.js';
import type { OpenUpdate, TargetPlan, Update } from '../strategies/strategy.js';
import { abandon } from './abandon.js';
import { commitPath, drained } from './commit.js';
import { combined } from './downgrade.js';
import { strategyOf } from './manifest.js';
import { follow, rollBack, type UpgradePath, versionAtEnd } from './path.js';
import type { DowngradePlan, Upgrade, UpgradeMaterial } from './plan.js';
import { pathUp, prepare } from './prepare.js';
import { measure } from './proof.js';

/** To the next release, in the VM that runs. */
export function upgradeUpdate(method: Method & Way, hot: UpgradeMaterial): Upgrade {
  const { bundle, next, counts, present } = hot;
  return {
    ...{ method, hot: true, version: next.version, artifact: bundle, holds: counts, upgrade: hot },
    entry: ({ rehearsal }) => ({
      way: method,
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

/** Back to a release that ran in the container before, by what its deploys have left there. */
export function downgradeUpdate(down: DowngradePlan): Update {
  return {
    ...{ method: strategyOf(down.steps), hot: true, version: down.against?.next.version },
    entry: () => ({ way: 'downgrade' }),
    prepare: (work, plan) => prepare(work, pathDown(plan, down)),
    open: (work, plan) => open(work, plan, pathDown(plan, down)),
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

function pathDown({ name, container, rehearsal }: TargetPlan, { running, steps, against }: DowngradePlan): UpgradePath {
  const goal = against && { tree: against.tree, of: measure(against, rehearsal) };
  return { name, container, running, direction: 'down', steps, ...(goal && { measure: goal }) };
}
