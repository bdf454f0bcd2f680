import type { ContainerDetails } from '../engines/details.js';
import type { Baseline } from '../node/config.js';
import type { ServingRelease } from '../release/release.js';
import type { Tree } from '../release/supervision.js';
import { notBack } from '../release/tree-differences.js';
import type { UpdateContext, UpdateResult } from '../strategies/context.js';
import { recordIfPossible } from '../strategies/record.js';
import { bootAgain, runsAlready, serving } from '../strategies/serving.js';
import { type Life, lifeOf, soak } from '../strategies/soak.js';
import { messageOf } from '../system/message-of.js';
import { abandon, undone } from './abandon.js';
import { combined } from './downgrade.js';
import { drain } from './drain.js';
import { endedWarnings } from './ended.js';
import { type Direction, target, type UpgradeManifest } from './manifest.js';
import { differences, type Measure, prove } from './proof.js';
import { prepareStep, reversed, runStep, stepSource, stepTarget, type UpgradeStep, unready } from './step.js';
import type { AfterSwitch, Brought } from './switch.js';

/** From what a container runs to another release, over those between. */
export interface UpgradePath {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly running: ServingRelease;
  readonly direction: Direction;
  /** In the order in which they are gone. */
  readonly steps: readonly UpgradeManifest[];
  /** What it is held against in the end, and the supervision tree that runs now; without, only the code and settings are. */
  readonly measure?: { readonly tree: Tree; readonly of: Measure };
  /** What this run has brought for it, to be taken away if the path is not gone. Absent if its releases have run there before. */
  readonly brought?: Brought;
  /** What the running release configures on the node; read if absent. */
  readonly baseline?: Baseline;
  /** Why nothing leads back while it runs, as its rehearsal found. */
  readonly noWayBack?: string;
}

/**
 * Brings a container to another release by release_handler, hot, and watches it; or leaves it, or brings it back, as it was.
 * Nothing is final: a restart of the container boots what was permanent.
 */
export async function follow(work: UpdateContext, path: UpgradePath): Promise<UpdateResult> {
  const { inputs, phase, probe, log } = work;
  const { container, name, running, steps, measure } = path;
  const id = container.Id;
  const legs = legsOf(path);
  const [first] = legs;
  if (first === undefined) return await unchanged(work, path, `it runs ${running.version} already.`);
  let life: Life;
  let prepared = prepareStep(running, first, inputs.suspendTimeoutMs, path.baseline);
  try {
    const concerned = combined(steps);
    const changed = await phase('check', () => unready(running, first, concerned, inputs.suspendTimeoutMs));
    if (changed !== undefined) {
      await prepared.cancel();
      return await unchanged(work, path, changed.why, changed.overtaken);
    }
    life = lifeOf(await work.engine.inspectContainer(id));
    await work.record('switch');
  } catch (error) {
    await prepared.cancel();
    return await unchanged(work, path, messageOf(error));
  }
  probe?.mark('switch-begins');
  const arrived: AfterSwitch[] = [];
  for (const [at, leg] of legs.entries()) {
    if (at > 0) {
      // No process is left inside the code that the next step would drop.
      await phase('drain', () => drain(work, running.node, leg.way.loads)).catch((error: unknown) => {
        log.warning(`${name}: who is inside old code could not be asked: ${messageOf(error)}`);
      });
      if (work.signal.aborted) {
        return await rollBackSteps(
          work,
          path,
          legs.slice(0, at),
          `the run was cancelled on the way to ${stepTarget(leg)}`,
        );
      }
      prepared = prepareStep(running, leg, inputs.suspendTimeoutMs);
    }
    const isLast = at === legs.length - 1;
    // The last one is held against more than its way says.
    const judged = !isLast || measure === undefined;
    const came = await phase(isLast ? 'switch' : `switch to ${stepTarget(leg)}`, () => prepared.go(judged));
    if (came.kind === 'arrived') {
      log.info(
        `${name}: ${came.held} ${came.held === 1 ? 'process' : 'processes'} held, installed ${stepTarget(leg)} in ${(came.microseconds / 1000).toFixed(1)} ms`,
      );
      arrived.push(came.after);
      continue;
    }
    probe?.mark('switch-ends');
    switch (came.kind) {
      case 'refused':
        return at === 0
          ? await unchanged(work, path, came.why)
          : await rollBackSteps(
              work,
              path,
              legs.slice(0, at),
              `${stepSource(leg)} did not go to ${stepTarget(leg)}: ${came.why}`,
            );
      case 'unlike':
        return await rollBackSteps(work, path, legs.slice(0, at + 1), came.why);
      case 'restarting':
        return await takenBackByEmulator(work, path, legs, came.why);
      case 'unknown':
        return await findOut(work, path, legs, at, came.why);
    }
  }
  probe?.mark('switch-ends');
  const [earliest] = arrived;
  const last = arrived.at(-1);
  const proof =
    measure === undefined || last === undefined || earliest === undefined
      ? undefined
      : prove(
          measure.of,
          { ...running, tree: measure.tree },
          {
            ...last,
            registered: { before: earliest.registered.before, now: last.registered.now },
          },
        );
  if (proof !== undefined && !proof.converged) {
    const why = `what ran did not equal a cold boot: ${differences(proof)}`;
    return { ...(await rollBackSteps(work, path, legs, why)), proof };
  }
  // What cannot be watched does not come through.
  const sick = await phase('soak', () => soak(work, id, life)).catch(messageOf);
  if (sick !== undefined) {
    return { ...(await rollBackSteps(work, path, legs, sick)), ...(proof && { proof }) };
  }
  const warnings = last === undefined ? [] : await endedWarnings(name, running.node, last);
  return { outcome: 'deployed', id, ...(proof && { proof }), ...(warnings.length > 0 && { warnings }) };
}

/** Takes back a path that was gone, since something else of the run did not come through. */
export async function rollBack(work: UpdateContext, path: UpgradePath, why: string): Promise<UpdateResult> {
  return await rollBackSteps(work, path, legsOf(path), why);
}

function legsOf({ steps, direction }: UpgradePath): readonly UpgradeStep[] {
  return steps.map((way) => ({ way, direction }));
}

async function unchanged(
  work: UpdateContext,
  path: UpgradePath,
  why: string,
  overtaken = false,
): Promise<UpdateResult> {
  await abandon(work, path);
  return refused(path, why, overtaken);
}

/** It runs as before; `why` is a sentence. */
export function refused({ name, container }: UpgradePath, why: string, overtaken = false): UpdateResult {
  const message = `${name} was not changed: ${why}`;
  return { outcome: 'refused', id: container.Id, message, ...(overtaken && { overtaken: true }) };
}

async function takenBackByEmulator(
  work: UpdateContext,
  path: UpgradePath,
  legs: readonly UpgradeStep[],
  why: string,
): Promise<UpdateResult> {
  work.log.warning(`${path.name}: going back to ${path.running.version}: ${why}`);
  await recordIfPossible(work, path.name, 'bring-back');
  return await rebooted(work, path, legs, why, 'by a restart of the VM, which release_handler began');
}

/** Goes the same legs in the other direction, the last one first; where that fails, by a restart of the container. */
async function rollBackSteps(
  work: UpdateContext,
  path: UpgradePath,
  gone: readonly UpgradeStep[],
  why: string,
): Promise<UpdateResult> {
  const { inputs, log, phase } = work;
  const { container, name, running, direction } = path;
  const last = gone.at(-1);
  if (inputs.onFailure === 'stop' && last !== undefined) {
    const message = `${name}: ${why}. It was left as it is, since on-failure is stop: it runs ${stepTarget(last)}, which is not permanent.`;
    return { outcome: 'failed', id: container.Id, message };
  }
  log.warning(`${name}: going back to ${running.version}: ${why}`);
  await recordIfPossible(work, name, 'bring-back');
  const how = await phase('roll back', async () => {
    if (await runsAlready(work, container.Id, running.version)) return 'without any doing';
    const refused = await back(work, path, gone).catch((error: unknown) => messageOf(error));
    if (refused === undefined) return direction === 'up' ? 'by a hot downgrade' : 'by a hot upgrade';
    log.warning(`${name}: ${refused}, so the container is restarted`);
    await bootAgain(work, container.Id, running.version);
    return `by a restart of the container (${refused})`;
  });
  return await rebooted(work, path, gone, why, how);
}

/** Undefined where it is back where it began; else why not. */
async function back(
  { inputs }: UpdateContext,
  { running, measure, noWayBack }: UpgradePath,
  gone: readonly UpgradeStep[],
): Promise<string | undefined> {
  if (noWayBack !== undefined) return `no way back while it runs: ${noWayBack}`;
  let tree: Tree | undefined;
  for (const leg of [...gone].reverse().map(reversed)) {
    const came = await runStep(running, leg, inputs.suspendTimeoutMs);
    if (came.kind !== 'arrived') return `no way back from ${stepSource(leg)} while it runs: ${came.why}`;
    tree = came.after.tree.applications;
  }
  if (tree === undefined || measure?.of.booted === undefined) return undefined;
  const missing = notBack(tree, measure.tree, measure.of.booted.tree);
  return missing.length === 0 ? undefined : `afterwards ${missing.slice(0, 3).join('; ')}`;
}

/** Asks what runs, and says so. What a restart boots is what is permanent, which is where one began, or where one went. */
async function rebooted(
  work: UpdateContext,
  { container, name, running, steps, brought }: UpgradePath,
  legs: readonly UpgradeStep[],
  why: string,
  how: string,
): Promise<UpdateResult> {
  const id = container.Id;
  // The new release is not permanent yet, and a VM that is about to end may still say that it runs it.
  const known = brought === undefined ? steps.flatMap(({ from, to }) => [from, to]) : [];
  const serves = await work.phase('verify running version', () =>
    serving(work, id, [...new Set([running.version, ...known])]),
  );
  const goal = legs.at(-1);
  if (serves?.version === running.version) {
    const left = await undone(work, name, serves.node, brought);
    return {
      ...{ outcome: 'rolled-back', id, ...(left !== undefined && { warnings: [left] }) },
      message: `${name}: ${why}. It was brought back ${how} and runs ${serves.version} again.`,
    };
  }
  if (serves !== undefined && goal !== undefined && serves.version === stepTarget(goal)) {
    // It was permanent all the time: somebody is on the way back to it.
    return { outcome: 'deployed', id, warnings: [`${name}: ${why}. It came to ${serves.version} ${how}.`] };
  }
  return {
    outcome: 'failed',
    id,
    message: `${name}: ${why}. It was to go back ${how}, and ${serves === undefined ? 'since then the node did not say what it runs' : `runs ${serves.version}`}. Check the container.`,
  };
}

/** The answer to a step was lost, so it is not known whether it was taken. */
async function findOut(
  work: UpdateContext,
  path: UpgradePath,
  legs: readonly UpgradeStep[],
  at: number,
  why: string,
): Promise<UpdateResult> {
  const { container, name, running } = path;
  const said = `the answer to the switch was lost (${why.replace(/\.$/, '')})`;
  work.log.warning(`${name}: ${said}, so the node is asked what it runs`);
  const leg = legs[at];
  const around = leg === undefined ? [] : [stepSource(leg), stepTarget(leg)];
  const serves = await work.phase('verify running version', () =>
    serving(work, container.Id, [running.version, ...around]),
  );
  if (serves === undefined) {
    const message = `${name}: ${said}. Since then the node did not say what it runs. Check the container.`;
    return { outcome: 'failed', id: container.Id, message };
  }
  const gone = legs.slice(0, at + 1).findIndex((each) => stepTarget(each) === serves.version);
  const fresh = { ...path, running: { ...running, node: serves.node } };
  return serves.version === running.version
    ? await rebooted(work, fresh, legs.slice(0, at + 1), said, 'without any doing')
    : await rollBackSteps(work, fresh, legs.slice(0, gone + 1), said);
}

/** Pure: the release that a path leads to. */
export function versionAtEnd({
  steps,
  running,
  direction,
}: Pick<UpgradePath, 'steps' | 'running' | 'direction'>): string {
  const last = steps.at(-1);
  return last === undefined ? running.version : target(last, direction);
}
