import type { Proof } from '../../deployment/report.js';
import { messageOf } from '../../system/message-of.js';
import type { UpdateContext, UpdateResult } from '../context.js';
import { recordIfPossible } from '../record.js';
import { type Life, lifeOf, soak } from '../soak.js';
import { up } from './direction.js';
import { endedWarnings } from './ended.js';
import type { UpgradePlan } from './plan.js';
import { measure, prove } from './proof.js';
import { askAfterLostAnswer, rollBackUpgrade } from './roll-back.js';
import { unready } from './step.js';
import { prepareSwitch, stage, switchRelease, unstage } from './switch.js';

/** Brings the new release's files beside the old one's, if all that runs could be brought to it now. */
export async function prepareUpgrade(work: UpdateContext, plan: UpgradePlan): Promise<UpdateResult | undefined> {
  const { engine, phase } = work;
  const { hot, container } = plan;
  try {
    const changed = await stillReady(work, plan);
    if (changed !== undefined) return changed;
    await work.note('stage');
    await phase('stage', () => stage(engine, container.Id, hot.running.root, hot.bundle));
    return undefined;
  } catch (error) {
    return await unchanged(work, plan, messageOf(error));
  }
}

/** Takes the new release's files away again. */
export async function abandonUpgrade(work: UpdateContext, { name, hot }: UpgradePlan): Promise<void> {
  const { running, bundle } = hot;
  const directories = bundle.directories.filter((directory) => !hot.present.includes(directory));
  await work.phase('unstage', () => unstage(running.node, { to: bundle.to, directories }));
  await recordIfPossible(work, name, 'undone');
}

async function unchanged(work: UpdateContext, plan: UpgradePlan, why: string): Promise<UpdateResult> {
  await abandonUpgrade(work, plan);
  return { outcome: 'refused', id: plan.container.Id, message: `${plan.name} was not changed: ${why}` };
}

/** Time has passed since the plan was made: why it cannot be carried out any more, if so. */
async function stillReady(work: UpdateContext, plan: UpgradePlan): Promise<UpdateResult | undefined> {
  const { running, bundle } = plan.hot;
  const changed = await work.phase('check', () =>
    unready(running, { way: bundle.way, direction: 'up' }, bundle, work.inputs.suspendTimeoutMs),
  );
  if (changed === undefined) return undefined;
  const message = `${plan.name} was not changed: ${changed.why}`;
  return { outcome: 'refused', id: plan.container.Id, message, ...(changed.overtaken && { overtaken: true }) };
}

/**
 * Brings one running container, which is prepared, to the new release by release_handler and watches it; or leaves it, or brings
 * it back, as it was. The new release is not permanent yet: a restart of the container would boot the old one.
 */
export async function upgrade(work: UpdateContext, plan: UpgradePlan): Promise<UpdateResult> {
  const { engine, inputs, phase, probe } = work;
  const { hot, container } = plan;
  const { running } = hot;
  const { node } = running;
  const request = { ...up(hot, inputs.suspendTimeoutMs), baseline: hot.baseline };

  let life: Life;
  const prepared = prepareSwitch(request);
  try {
    const changed = await stillReady(work, plan);
    if (changed !== undefined) {
      await prepared.cancel();
      await abandonUpgrade(work, plan);
      return changed;
    }
    life = lifeOf(await engine.inspectContainer(container.Id));
    await work.note('switch');
  } catch (error) {
    await prepared.cancel();
    return await unchanged(work, plan, messageOf(error));
  }
  probe?.mark('switch-begins');
  const switched = await phase('switch', () => switchRelease(prepared, request)).catch((error: unknown) => ({
    kind: 'unknown' as const,
    why: messageOf(error),
  }));
  probe?.mark('switch-ends');
  if (switched.kind === 'unknown') {
    return await askAfterLostAnswer(work, plan, switched.why);
  }
  if (switched.kind === 'refused') {
    return await unchanged(work, plan, switched.why);
  }
  if (switched.kind === 'restarting') {
    return await rollBackUpgrade(work, plan, { why: switched.why, by: 'emulator' });
  }
  work.log.info(
    `${plan.name}: ${switched.held} ${switched.held === 1 ? 'process' : 'processes'} held, installed in ${(switched.microseconds / 1000).toFixed(1)} ms`,
  );
  const proof = prove(measure(hot, plan.rehearsal), { ...running, tree: hot.tree }, switched.after);
  if (!proof.converged) {
    return {
      ...(await rollBackUpgrade(work, plan, {
        why: `what ran did not equal a cold boot: ${differences(proof)}`,
        by: 'downgrade',
      })),
      proof,
    };
  }
  const sick = await phase('soak', () => soak(work, container.Id, life));
  if (sick !== undefined) {
    return { ...(await rollBackUpgrade(work, plan, { why: sick, by: 'downgrade' })), proof };
  }
  const warnings = await endedWarnings(plan.name, node, switched.after);
  return { outcome: 'deployed', id: container.Id, proof, ...(warnings.length > 0 && { warnings }) };
}

/** What differs, with names; keys of the environment only, since values may be secrets. */
export function differences(proof: Proof): string {
  const { modules, environment, protocols, supervision, registrations } = proof;
  const named: readonly (readonly [string, readonly string[]])[] = [
    ['modules', modules.differing],
    ['environment', environment.differing],
    ['protocols', protocols.differing],
    ['supervision', supervision.differing],
    ['missing', registrations.differing],
  ];
  const told = named
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name} ${list.slice(0, 5).join(', ')}`);
  return told.length === 0 ? 'the versions' : told.join('; ');
}
