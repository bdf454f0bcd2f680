import { text } from '../node/term.js';
import type { ContainerPlan, HotMaterial } from '../plan/plan.js';
import { drain } from './drain.js';
import { restart, settleRestarted } from './restart.js';
import type { Ended, Work } from './run.js';

type HotPlan = ContainerPlan & { readonly method: 'relup' };

/** Lets old code run out, and makes the new release the one that the container boots. */
export async function settle(work: Work, plan: HotPlan, ended: Ended): Promise<Ended> {
  const { hot } = plan;
  const lingering = await work.phase('drain', () => drain(work, hot.running.node, hot.bundle.loads));
  if (lingering.length > 0 && work.inputs.lingering === 'restart') {
    work.log.info(`${plan.name}: ${lingering.length} processes stay in old code, and lingering is restart`);
    const { probe: target } = work.inputs;
    const restarted = await restart(work, { plan, next: hot.next, target, onPhase: () => undefined });
    const settled = restarted.outcome === 'deployed' ? await settleRestarted(work, plan, restarted) : restarted;
    return { ...settled, method: 'recreate' };
  }
  const refused = await work.phase('make permanent', () => makePermanent(hot));
  if (refused !== undefined) {
    return {
      ...ended,
      outcome: 'failed',
      message: `${plan.name} runs ${hot.next.version}, and it could not be made permanent (${refused}): a restart of the container would boot ${hot.running.version}.`,
    };
  }
  const proof = ended.proof && { ...ended.proof, processes: { ...ended.proof.processes, oldCode: lingering } };
  return { ...ended, lingering, ...(proof && { proof }) };
}

async function makePermanent({ running, next }: HotMaterial): Promise<string | undefined> {
  const answer = (await running.node.ask({
    set: 'install',
    module: 'hot_deploy_install',
    function: 'make_permanent',
    argument: text(next.version),
  })) as { readonly result: string; readonly why?: string };
  return answer.result === 'permanent' ? undefined : (answer.why ?? 'no reason given');
}
