import { isOutOfReach } from '../node/vm.js';
import type { ContainerPlan } from '../plan/plan.js';
import { resolveProbe } from '../probe/resolve.js';
import type { ProbeTarget } from '../probe/target.js';
import { compare } from '../release/compare.js';
import type { ImageRelease } from '../release/release.js';
import { readRunning } from '../release/running.js';
import type { Proof } from '../report/report.js';
import { recreate } from './recreate.js';
import type { Ended, Work } from './run.js';

const healthTimeoutMs = 120_000;
const bootTimeoutMs = 60_000;

/** Puts the container on the new image, and asks the new one what it runs. */
export async function restart(
  work: Work,
  plan: ContainerPlan,
  next: ImageRelease,
  target: ProbeTarget | undefined,
  onPhase: (name: string, ms: number) => void,
): Promise<Ended> {
  const { engine, image, clock, log, probe, replaced } = work;
  probe?.mark('switch-begins');
  const result = await recreate(engine, plan.container, plan.oldImage, image, {
    log,
    clock,
    healthTimeoutMs,
    onPhase,
    replaced,
  });
  probe?.mark('switch-ends');
  switch (result.kind) {
    case 'untouched':
      return { outcome: 'refused', id: plan.container.Id, message: `${plan.name} was not changed: ${result.why}` };
    case 'restored':
      return {
        outcome: 'rolled-back',
        id: result.id,
        message: `${plan.name}: ${result.why} The old container serves again.`,
      };
    case 'failed':
      return { outcome: 'failed', id: plan.container.Id, message: `${plan.name}: ${result.why} ${result.state}` };
    case 'recreated': {
      replaced.set(plan.container.Id, result.id);
      if (probe !== undefined && target !== undefined) {
        probe.retarget(resolveProbe(target, await engine.inspectContainer(result.id), engine.host));
      }
      const proof = await work.phase('prove', () => prove(work, result.id, next));
      const kept = {
        id: result.id,
        warnings: result.warnings,
        ...(result.settings && { settings: result.settings }),
        ...(proof && { proof }),
      };
      return proof === undefined || proof.converged
        ? { outcome: 'deployed', ...kept }
        : {
            outcome: 'failed',
            ...kept,
            message: `${plan.name} is healthy on the new image, and does not run what the image holds: ${[`${next.name} ${proof.versions[next.name]}`, ...proof.modules.differing].join(', ')}`,
          };
    }
  }
}

/** Puts a container that was re-created back on the image it ran before. */
export async function restartOnOld(work: Work, plan: ContainerPlan, ended: Ended, why: string): Promise<Ended> {
  const { engine, image, clock, log } = work;
  const [container, newImage] = await Promise.all([engine.inspectContainer(ended.id), engine.findImage(image.id)]);
  if (newImage === undefined) {
    return {
      outcome: 'failed',
      id: ended.id,
      message: `${plan.name} stays on the new image, which the engine no longer has: ${why}.`,
    };
  }
  const back = { reference: plan.container.Config.Image, id: plan.oldImage.Id };
  const result = await recreate(engine, container, newImage, back, {
    log,
    clock,
    healthTimeoutMs,
    onPhase: () => undefined,
  });
  return result.kind === 'recreated'
    ? { outcome: 'rolled-back', id: result.id, message: `${plan.name} is back on the image it ran before: ${why}.` }
    : {
        outcome: 'failed',
        id: ended.id,
        message: `${plan.name} was to go back to the image it ran before (${why}), and did not: ${result.why}`,
      };
}

/** Undefined where the node cannot be asked: then health on the new image is all there is to know. */
async function prove(work: Work, container: string, next: ImageRelease): Promise<Proof | undefined> {
  const { clock, engine, inputs } = work;
  const until = clock.now() + bootTimeoutMs;
  while (clock.now() < until) {
    const reading = await readRunning(engine, await engine.inspectContainer(container), inputs);
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
