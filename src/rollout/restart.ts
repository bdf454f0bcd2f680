import type { ContainerDetails } from '../docker/details.js';
import type { Step } from '../ledger/entry.js';
import { messageOf } from '../message-of.js';
import { isOutOfReach } from '../node/vm.js';
import type { ContainerPlan } from '../plan/plan.js';
import type { ProbeTarget } from '../probe/target.js';
import { compare } from '../release/compare.js';
import type { ImageRelease } from '../release/release.js';
import { readRunning } from '../release/running.js';
import type { Proof } from '../report/report.js';
import { askedAt } from './asked.js';
import { noted } from './noted.js';
import { recreate } from './recreate.js';
import { goBack, type Recreated, type RecreateOptions } from './recreate-exchange.js';
import { settleRestart } from './recreate-finish.js';
import { revive } from './revive.js';
import type { Ended, Work } from './run.js';

const healthTimeoutMs = 120_000;
const bootTimeoutMs = 60_000;

/** What a restart is told beside what every way works with. */
export interface Restart {
  readonly plan: ContainerPlan;
  readonly next: ImageRelease;
  /** An earlier container that takes the place, where no new one is to be made. */
  readonly kept?: ContainerDetails;
  readonly target: ProbeTarget | undefined;
  readonly onPhase: RecreateOptions['onPhase'];
}

/**
 * Puts the container on the new image, and asks the new one what it runs. The old one stays, stopped, until the restart is
 * made final; where the new one is not what the image holds it serves again.
 */
export async function restart(work: Work, { plan, next, kept, target, onPhase }: Restart): Promise<Ended> {
  const { engine, image, probe, replaced } = work;
  const { container } = plan;
  probe?.mark('switch-begins');
  // Whoever goes back may do so because what runs has ended.
  const ended = work.inputs.mode === 'rollback';
  const options = { ...around(work, plan.name), onPhase, replaced, ended };
  const result =
    kept === undefined
      ? await recreate(engine, container, plan.oldImage, image, options)
      : await revive(engine, { running: container, kept }, options);
  probe?.mark('switch-ends');
  if (result.kind !== 'recreated') return await tookBack(work, plan, result);

  replaced.set(plan.container.Id, result.id);
  await follow(work, target, result.id);
  let proof: Proof | undefined;
  try {
    proof = await work.phase('prove', () => prove(work, result.id, next));
  } catch (error) {
    // It is not known what the new one runs, and it is known what the old one ran.
    const why = `it was healthy on the new image, and could not be asked what it runs: ${messageOf(error)}`;
    if (work.inputs.onFailure === 'stop') throw new Error(`${why} It was left as it is, since on-failure is stop.`);
    return await goBackToOld(work, plan, target, why);
  }
  const told = {
    id: result.id,
    warnings: [...result.warnings, ...(work.haste.cancelled ? [unproved(plan, proof)] : [])],
    ...(result.settings && { settings: result.settings }),
    ...(proof && { proof }),
  };
  if (proof === undefined || proof.converged) return { outcome: 'deployed', ...told };
  const differing = [`${next.name} ${proof.versions[next.name]}`, ...proof.modules.differing].join(', ');
  const why = `it was healthy on the new image, and did not run what the image holds: ${differing}.`;
  if (work.inputs.onFailure === 'stop') {
    const message = `${plan.name}: ${why} It was left as it is, since on-failure is stop; the old container stands beside it, stopped.`;
    return { outcome: 'failed', ...told, message };
  }
  return { ...told, ...(await goBackToOld(work, plan, target, why)) };
}

/** Goes back to the container that a restart has stopped, and says why. Only before it is made final. */
export async function goBackToOld(
  work: Work,
  plan: ContainerPlan,
  target: ProbeTarget | undefined,
  why: string,
): Promise<Ended> {
  const { engine, replaced } = work;
  const options = { ...around(work, plan.name), why, old: plan.container };
  const result = await work.phase('restore', () => goBack(engine, plan.name, options));
  if (result.kind === 'restored') {
    if (result.id === plan.container.Id) replaced.delete(plan.container.Id);
    else replaced.set(plan.container.Id, result.id);
    await follow(work, target, result.id);
  }
  return await tookBack(work, plan, result);
}

/** Where a person must look, the next run finds it half-way. */
async function tookBack(
  work: Work,
  plan: ContainerPlan,
  result: Exclude<Recreated, { readonly kind: 'recreated' }>,
): Promise<Ended> {
  if (result.kind !== 'failed') {
    if (result.kind === 'restored' && result.id !== plan.container.Id) await work.arrive(result.id);
    await noted(work, plan.name, 'undone');
  }
  return ended(plan, result);
}

/** Makes a restart final. What stays for a way back is told, and what could not be tidied up makes no deploy fail. */
export async function settleRestarted(work: Work, plan: ContainerPlan, restarted: Ended): Promise<Ended> {
  const { engine, inputs, log } = work;
  try {
    await work.arrive(restarted.id);
    await noted(work, plan.name, 'settle');
    const settle = () => settleRestart(engine, plan.name, { log, newest: inputs.keep });
    const { earlier, warnings } = await work.phase('keep', settle);
    await noted(work, plan.name, 'done');
    // With --rm there would be nothing left to find it out by later.
    if (await hasEnded(work, restarted.id)) return { ...restarted, ...endedSince(plan) };
    return { ...restarted, earlier, warnings: [...(restarted.warnings ?? []), ...warnings] };
  } catch (error) {
    const said = messageOf(error);
    // Of an engine that does not answer nothing newer is known than that it served.
    if (await hasEnded(work, restarted.id).catch(() => false)) {
      const { outcome, message } = endedSince(plan);
      return { ...restarted, outcome, message: `${message} ${said}` };
    }
    const warning = `${plan.name} serves, and the container that ran before was not put aside: ${said}`;
    return { ...restarted, warnings: [...(restarted.warnings ?? []), warning] };
  }
}

/** Nothing is said to serve that has ended since it was seen healthy, or does so again and again. */
export async function hasEnded({ engine }: Pick<Work, 'engine'>, id: string): Promise<boolean> {
  const { Running: running, Restarting: restarting } = (await engine.findContainer(id))?.State ?? {};
  return !running || restarting === true;
}

function endedSince({ name }: ContainerPlan) {
  const message = `${name} was healthy on the new image, and has ended since: look at it now.`;
  return { outcome: 'failed', message } as const;
}

/** What cannot be written down is no reason against a restart: the names of its containers say as much. */
function around(work: Work, name: string) {
  const { clock, haste, log } = work;
  return { log, clock, haste, healthTimeoutMs, note: (step: Step) => noted(work, name, step) };
}

function ended(plan: ContainerPlan, result: Exclude<Recreated, { readonly kind: 'recreated' }>): Ended {
  const { name, container } = plan;
  switch (result.kind) {
    case 'untouched':
      return { outcome: 'refused', id: container.Id, message: `${name} was not changed: ${result.why}` };
    case 'restored': {
      const now = result.unseen
        ? 'The old container was started again, and there was no time to see it healthy.'
        : 'The old container serves again.';
      return { outcome: 'rolled-back', id: result.id, message: `${name}: ${result.why} ${now}` };
    }
    case 'failed':
      return { outcome: 'failed', id: container.Id, message: `${name}: ${result.why} ${result.state}` };
  }
}

/** The container behind the name is another one, and so may its address be. */
async function follow({ engine, log, probe }: Work, target: ProbeTarget | undefined, id: string): Promise<void> {
  if (probe === undefined || target === undefined) return;
  const container: ContainerDetails = await engine.inspectContainer(id);
  const place = askedAt(target, container, engine.host, log);
  if (place !== undefined) probe.retarget(place);
}

function unproved({ name }: ContainerPlan, proof: Proof | undefined): string {
  const proved = proof === undefined ? ', and there was no time to compare what it runs' : '';
  return `${name}: the run was cancelled when the new container was about to serve, so that was finished${proved}.`;
}

/** Undefined where the node cannot be asked: then health on the new image is all there is to know. */
async function prove(work: Work, container: string, next: ImageRelease): Promise<Proof | undefined> {
  const { clock, engine, haste, inputs } = work;
  const until = clock.now() + bootTimeoutMs;
  while (clock.now() < until && haste.leftMs() > 0) {
    const asked = readRunning(engine, await engine.inspectContainer(container), inputs);
    const reading = await inTime(work, asked).catch(async (error: unknown) => {
      // A busy machine does not answer each time.
      if (clock.now() >= until) throw error;
      return { kind: 'unasked' } as const;
    });
    if (reading === undefined) return undefined;
    if (reading.kind === 'no-distribution' || (reading.kind === 'unreachable' && isOutOfReach(reading.vm))) {
      return undefined;
    }
    if (reading.kind === 'running' && reading.release.booted) {
      const { release } = reading;
      const change = compare(release, next);
      const differing = change.applications.rebuilt.flatMap(({ modules }) => modules);
      const expected = Object.keys(release.modules).length;
      const protocols = Object.keys(next.protocols).length;
      return {
        modules: { expected, matching: expected - differing.length, differing },
        versions: Object.fromEntries([
          [next.name, release.version],
          ...release.applications.map(({ name, version }) => [name, version]),
        ]),
        environment: { matching: 0, differing: [] },
        protocols: { expected: protocols, matching: protocols - change.protocols.length, differing: change.protocols },
        supervision: { expected: 0, matching: 0, differing: [] },
        registrations: { expected: 0, matching: 0, differing: [] },
        processes: { oldCode: [], notMigrated: [] },
        vm: { sameProcess: false, uptimeMs: release.uptimeMs },
        notCompared: ['environment and supervision tree: this is a cold boot, so there is nothing to compare it with'],
        converged: change.same,
      };
    }
    await clock.sleep(200);
  }
  return undefined;
}

/** Undefined where the run was cancelled and its time is up. */
async function inTime<T>({ clock, haste }: Pick<Work, 'clock' | 'haste'>, work: Promise<T>): Promise<T | undefined> {
  let done = false;
  const late = async () => {
    while (!done && haste.leftMs() > 0) await clock.sleep(50);
    return undefined;
  };
  try {
    return await Promise.race([work, late()]);
  } finally {
    done = true;
  }
}
