import type { ContainerDetails } from '../../engines/details.js';
import type { RunningRelease } from '../../release/release.js';
import type { Tree } from '../../release/supervision.js';
import { notBack } from '../../release/tree-differences.js';
import { messageOf } from '../../system/message-of.js';
import type { UpdateContext, UpdateResult } from '../context.js';
import { recordIfPossible } from '../record.js';
import { bootAgain, runsAlready, serving } from '../serving.js';
import { type Life, lifeOf, soak } from '../soak.js';
import { combined } from './downgrade.js';
import { drain } from './drain.js';
import { endedWarnings } from './ended.js';
import { target, type UpgradeManifest } from './manifest.js';
import { type Measure, prove } from './proof.js';
import { reversed, runStep, stepSource, stepTarget, type UpgradeStep, unready } from './step.js';
import type { AfterSwitch } from './switch.js';
import { differences } from './upgrade.js';

/** From what a container runs to another release that ran in it, over those between. */
export interface UpgradePath {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly running: RunningRelease;
  /** In the order in which they are gone. */
  readonly steps: readonly UpgradeManifest[];
  /** What it is held against in the end, and the supervision tree that runs now; without, only the code and settings are. */
  readonly measure?: { readonly tree: Tree; readonly of: Measure };
}

/**
 * Takes a container back to a release that it ran before, hot, and watches it; or brings it to where it was. Nothing is
 * final: a restart of the container boots what was permanent.
 */
export async function downgrade(work: UpdateContext, journey: UpgradePath): Promise<UpdateResult> {
  return await followPath(work, journey, legsOf(journey, 'down'));
}

/** The same to a release that it was taken back from. */
export async function upgradeAgain(work: UpdateContext, journey: UpgradePath): Promise<UpdateResult> {
  return await followPath(work, journey, legsOf(journey, 'up'));
}

/** Takes back a journey that came through, since something else of the run did not. */
export async function rollBackPath(
  work: UpdateContext,
  journey: UpgradePath,
  direction: 'down' | 'up',
  why: string,
): Promise<UpdateResult> {
  return await rollBackSteps(work, journey, legsOf(journey, direction), why);
}

function legsOf({ steps }: UpgradePath, direction: 'down' | 'up'): readonly UpgradeStep[] {
  return steps.map((way) => ({ way, direction }));
}

async function followPath(
  work: UpdateContext,
  journey: UpgradePath,
  legs: readonly UpgradeStep[],
): Promise<UpdateResult> {
  const { inputs, phase, probe, log } = work;
  const { container, name, running, steps, measure } = journey;
  const id = container.Id;
  const [first] = legs;
  if (first === undefined) {
    return { outcome: 'refused', id, message: `${name} was not changed: it runs ${running.version} already.` };
  }
  const unchanged = (why: string, overtaken = false): UpdateResult => ({
    outcome: 'refused',
    id,
    message: `${name} was not changed: ${why}`,
    ...(overtaken && { overtaken: true }),
  });
  let life: Life;
  try {
    const concerned = combined(steps);
    const changed = await phase('check', () => unready(running, first, concerned, inputs.suspendTimeoutMs));
    if (changed !== undefined) {
      return unchanged(changed.why, changed.overtaken);
    }
    life = lifeOf(await work.engine.inspectContainer(id));
    await work.note('switch');
  } catch (error) {
    return unchanged(messageOf(error));
  }
  probe?.mark('switch-begins');
  const arrived: AfterSwitch[] = [];
  for (const [at, leg] of legs.entries()) {
    if (at > 0) {
      // Nobody is left inside the code that the next step would drop.
      await phase('drain', () => drain(work, running.node, leg.way.loads)).catch((error: unknown) => {
        log.warning(`${name}: who is inside old code could not be asked: ${messageOf(error)}`);
      });
      if (work.signal.aborted) {
        return await rollBackSteps(
          work,
          journey,
          legs.slice(0, at),
          `the run was cancelled on the way to ${stepTarget(leg)}`,
        );
      }
    }
    const came = await phase(at === legs.length - 1 ? 'switch' : `switch to ${stepTarget(leg)}`, () =>
      runStep(running, leg, inputs.suspendTimeoutMs),
    );
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
        if (at === 0) {
          await recordIfPossible(work, name, 'undone');
          return unchanged(came.why);
        }
        return await rollBackSteps(
          work,
          journey,
          legs.slice(0, at),
          `${stepSource(leg)} did not go to ${stepTarget(leg)}: ${came.why}`,
        );
      case 'unlike':
        return await rollBackSteps(work, journey, legs.slice(0, at + 1), came.why);
      case 'restarting':
        return await rebooted(work, journey, legs, came.why, 'by a restart of the VM, which release_handler began');
      case 'unknown':
        return await findOut(work, journey, legs, at, came.why);
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
    return { ...(await rollBackSteps(work, journey, legs, why)), proof };
  }
  const sick = await phase('soak', () => soak(work, id, life));
  if (sick !== undefined) {
    return { ...(await rollBackSteps(work, journey, legs, sick)), ...(proof && { proof }) };
  }
  const warnings = last === undefined ? [] : await endedWarnings(name, running.node, last);
  return { outcome: 'deployed', id, ...(proof && { proof }), ...(warnings.length > 0 && { warnings }) };
}

/** Goes the same legs in the other direction, the last one first; where that fails, by a restart of the container. */
async function rollBackSteps(
  work: UpdateContext,
  journey: UpgradePath,
  gone: readonly UpgradeStep[],
  why: string,
): Promise<UpdateResult> {
  const { inputs, log, phase } = work;
  const { container, name, running } = journey;
  const last = gone.at(-1);
  if (inputs.onFailure === 'stop' && last !== undefined) {
    const message = `${name}: ${why}. It was left as it is, since on-failure is stop: it runs ${stepTarget(last)}, which is not permanent.`;
    return { outcome: 'failed', id: container.Id, message };
  }
  log.warning(`${name}: going back to ${running.version}: ${why}`);
  await recordIfPossible(work, name, 'bring-back');
  const how = await phase('roll back', async () => {
    if (await runsAlready(work, container.Id, running.version)) return 'without any doing';
    const refused = await back(work, journey, gone);
    if (refused === undefined) return 'hot';
    log.warning(`${name}: ${refused}, so the container is restarted`);
    await bootAgain(work, container.Id, running.version);
    return `by a restart of the container (${refused})`;
  });
  return await rebooted(work, journey, gone, why, how);
}

/** Undefined where it is back where it began; else why not. */
async function back(
  { inputs }: UpdateContext,
  { running, measure }: UpgradePath,
  gone: readonly UpgradeStep[],
): Promise<string | undefined> {
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
  { container, name, running, steps }: UpgradePath,
  legs: readonly UpgradeStep[],
  why: string,
  how: string,
): Promise<UpdateResult> {
  const id = container.Id;
  const known = [...new Set([running.version, ...steps.flatMap(({ from, to }) => [from, to])])];
  const serves = await work.phase('verify running version', () => serving(work, id, known));
  const goal = legs.at(-1);
  if (serves?.version === running.version) {
    await recordIfPossible(work, name, 'undone');
    return {
      outcome: 'rolled-back',
      id,
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
  journey: UpgradePath,
  legs: readonly UpgradeStep[],
  at: number,
  why: string,
): Promise<UpdateResult> {
  const { container, name, running } = journey;
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
  const fresh = { ...journey, running: { ...running, node: serves.node } };
  return serves.version === running.version
    ? await rebooted(work, fresh, legs.slice(0, at + 1), said, 'without any doing')
    : await rollBackSteps(work, fresh, legs.slice(0, gone + 1), said);
}

/** Pure: the release that a journey leads to. */
export function versionAtEnd(
  { steps, running }: Pick<UpgradePath, 'steps' | 'running'>,
  direction: 'down' | 'up',
): string {
  const last = steps.at(-1);
  return last === undefined ? running.version : target(last, direction);
}
