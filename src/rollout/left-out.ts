import { few, remark } from '../reasons/make.js';
import { isChanging, type TargetPlan } from '../strategies/strategy.js';

/** Two versions in one cluster are often meant, as in a deploy host by host: it closes no way, and has to be known. */
export function withLeftOutRemarks(plans: readonly TargetPlan[]): readonly TargetPlan[] {
  const included = new Set(plans.flatMap(({ cluster }) => cluster?.node ?? []));
  return plans.map((plan) => {
    const others = plan.cluster?.connected.filter((node) => !included.has(node)) ?? [];
    if (others.length === 0 || !isChanging(plan)) return plan;
    const message = `The node of ${plan.name} is connected to ${few(others)}, which this deploy does not include. To include all nodes of the cluster, set \`nodes: cluster\`.`;
    return { ...plan, reasons: [...plan.reasons, remark('nodes-left-out', plan.name, message)] };
  });
}
