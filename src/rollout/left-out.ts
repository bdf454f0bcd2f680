import { few, remark } from '../reasons/make.js';
import { isChanging, type TargetPlan } from '../strategies/strategy.js';

/** Two versions in one cluster are often meant, as in a deploy host by host: it closes no way, and has to be known. */
export function withLeftOutRemarks(plans: readonly TargetPlan[]): readonly TargetPlan[] {
  const included = new Set(plans.flatMap(({ cluster }) => cluster?.node ?? []));
  const leftOut = (nodes: readonly string[] = []) => nodes.filter((node) => !included.has(node));
  return plans.map((plan) => {
    if (!isChanging(plan)) return plan;
    const connected = leftOut(plan.cluster?.connected);
    const beside = leftOut(plan.cluster?.beside)
      .filter((node) => !connected.includes(node))
      .sort();
    const messages = [
      ...(connected.length === 0
        ? []
        : [
            `The node of ${plan.name} is connected to ${few(connected)}, which this deploy does not include. To include all nodes of the cluster, set \`nodes: cluster\`.`,
          ]),
      // A new container starts all of them anew.
      ...(beside.length === 0 || plan.update?.hot !== true
        ? []
        : [`${plan.name} also runs ${few(beside)}, which this deploy does not include.`]),
    ];
    return {
      ...plan,
      reasons: [...plan.reasons, ...messages.map((each) => remark('nodes-left-out', plan.name, each))],
    };
  });
}
