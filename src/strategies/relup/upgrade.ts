import type { Proof } from '../../deployment/report.js';
import type { Node } from '../../node/node.js';
import { map, text } from '../../node/term.js';
import { plainName } from '../../release/modules.js';
import { messageOf } from '../../system/message-of.js';
import type { Ended, Work } from '../context.js';
import { noted } from '../noted.js';
import { type Life, lifeOf, soak } from '../soak.js';
import { bringBack, findOut } from './bring-back.js';
import { up } from './direction.js';
import { unready } from './leg.js';
import type { HotPlan } from './plan.js';
import { measure, prove } from './proof.js';
import { type AfterSwitch, prepareSwitch, stage, switchRelease, unstage } from './switch.js';

/**
 * Brings one running container to the new release by release_handler and watches it; or leaves it, or brings it back, as
 * it was. The new release is not permanent yet: a restart of the container would boot the old one.
 */
export async function upgrade(work: Work, plan: HotPlan): Promise<Ended> {
  const { engine, inputs, phase, probe } = work;
  const { hot, container } = plan;
  const { running, bundle } = hot;
  const { node, root } = running;
  const fresh = bundle.directories.filter((directory) => !hot.present.includes(directory));
  const unchanged = async (why: string): Promise<Ended> => {
    await phase('unstage', () => unstage(node, { to: bundle.to, directories: fresh }));
    await noted(work, plan.name, 'undone');
    return { outcome: 'refused', id: container.Id, message: `${plan.name} was not changed: ${why}` };
  };
  const request = { ...up(hot, inputs.suspendTimeoutMs), baseline: hot.baseline };

  let life: Life;
  const prepared = prepareSwitch(request);
  try {
    const changed = await phase('check', () =>
      unready(running, { way: bundle.way, direction: 'up' }, bundle, inputs.suspendTimeoutMs),
    );
    if (changed !== undefined) {
      await prepared.cancel();
      const message = `${plan.name} was not changed: ${changed.why}`;
      return { outcome: 'refused', id: container.Id, message, ...(changed.overtaken && { overtaken: true }) };
    }
    life = lifeOf(await engine.inspectContainer(container.Id));
    await work.note('stage');
    await phase('stage', () => stage(engine, container.Id, root, bundle));
    await work.note('switch');
  } catch (error) {
    await prepared.cancel();
    return await unchanged(messageOf(error));
  }
  probe?.mark('switch-begins');
  const switched = await phase('switch', () => switchRelease(prepared, request)).catch((error: unknown) => ({
    kind: 'unknown' as const,
    why: messageOf(error),
  }));
  probe?.mark('switch-ends');
  if (switched.kind === 'unknown') {
    return await findOut(work, plan, switched.why);
  }
  if (switched.kind === 'refused') {
    return await unchanged(switched.why);
  }
  if (switched.kind === 'restarting') {
    return await bringBack(work, plan, { why: switched.why, by: 'emulator' });
  }
  work.log.info(
    `${plan.name}: ${switched.held} ${switched.held === 1 ? 'process' : 'processes'} held, installed in ${(switched.microseconds / 1000).toFixed(1)} ms`,
  );
  const proof = prove(measure(hot, plan.rehearsal), { ...running, tree: hot.tree }, switched.after);
  if (!proof.converged) {
    return {
      ...(await bringBack(work, plan, {
        why: `what ran did not equal a cold boot: ${differences(proof)}`,
        by: 'downgrade',
      })),
      proof,
    };
  }
  const sick = await phase('soak', () => soak(work, container.Id, life));
  if (sick !== undefined) {
    return { ...(await bringBack(work, plan, { why: sick, by: 'downgrade' })), proof };
  }
  const gone = await endedHosts(node, switched.after).catch((error: unknown) => [
    `which of them are still there could not be asked: ${messageOf(error)}`,
  ]);
  const warnings = gone.map((what) => `${plan.name}: ${what}`);
  return { outcome: 'deployed', id: container.Id, proof, ...(warnings.length > 0 && { warnings }) };
}

/** Open pages and channels that did not live through the soak, by the module that they ran. */
async function endedHosts(node: Node, { hosts = [] }: AfterSwitch): Promise<readonly string[]> {
  if (hosts.length === 0) return [];
  const request = { set: 'node', module: 'hot_deploy_hosts', function: 'ended' } as const;
  const ended = new Set(
    (await node.ask({ ...request, argument: map({ pids: hosts.map(({ pid }) => text(pid)) }) })) as readonly string[],
  );
  const modules = [...new Set(hosts.map(({ module }) => module))];
  return modules.flatMap((module) => {
    const own = hosts.filter((host) => host.module === module);
    const count = own.filter(({ pid }) => ended.has(pid)).length;
    return count === 0
      ? []
      : [`${count} of ${own.length} processes that ran ${plainName(module)} ended during the soak`];
  });
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
