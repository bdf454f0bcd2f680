import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Entry, Side } from '../journal/entry.js';
import { against } from '../reasons/make.js';
import type { ServingRelease } from '../release/release.js';
import type { UpdateContext } from '../strategies/context.js';
import type { RecoveryResult } from '../strategies/recovery.js';
import { serving } from '../strategies/serving.js';
import { askAgain } from './again.js';
import { makePermanent } from './commit.js';
import { type DowngradePath, findDowngradePath, storedSteps } from './downgrade.js';
import { resume, scriptMs, suspendedByUs, waitUntilIdle } from './idle.js';
import { follow } from './path.js';
import { readManifest } from './stored-manifest.js';
import { unstage } from './switch.js';
import { type UpgradeAct, upgradeRecovery } from './table.js';

/**
 * Brings a container that was to be switched hot to one side. What it runs is asked of its node: the last step may have been
 * carried out, in part, or not at all, and the VM may have ended since.
 */
export async function recoverUpgrade(
  work: UpdateContext,
  container: ContainerDetails,
  last: Entry,
  direction: Side,
): Promise<RecoveryResult> {
  const { engine } = work;
  const started = container.State.Running ? '' : 'it was started again, and ';
  if (!container.State.Running) {
    await engine.startContainer(container.Id);
  }
  // Before anybody asks the node: what a killed run has begun in the container may not have come to it yet.
  await waitUntilIdle(work, container.Id, undefined, scriptMs);
  const running = (await serving(work, container.Id)) ?? (await servingAgain(work, container.Id));
  if (running === undefined) {
    return { kind: 'failed', why: 'its node does not say what it runs' };
  }
  const trouble = await atRest(work, container, running, last);
  if (trouble !== undefined) {
    return { kind: 'failed', why: trouble };
  }
  const now = (await serving(work, container.Id)) ?? running;
  // The version to which it is to come, and the other one.
  const [here, there] = direction === 'finish' ? [last.to, last.from] : [last.from, last.to];
  const version = here.version ?? '';
  const isThere = now.version === version;
  const runs = isThere === (direction === 'finish') ? 'new' : 'old';
  let how = direction === 'finish' ? `${version} is what it runs and what it boots` : `it runs ${version} as before`;
  for (const act of upgradeRecovery[direction][runs]) {
    const done = await carryOut[act](work, container, { running: now, last, version, other: there.version });
    if (done.why !== undefined) return { kind: 'failed', why: done.why };
    how = done.how ?? how;
  }
  return { kind: 'repaired', how: `${started}${how}` };
}

/** What an act works with: what runs, and the version to which it is to come. */
interface Interrupted {
  readonly running: ServingRelease;
  readonly last: Entry;
  readonly version: string;
  readonly other: string | undefined;
}

type CarryOut = (
  work: UpdateContext,
  container: ContainerDetails,
  interrupted: Interrupted,
) => Promise<{ readonly how?: string; readonly why?: string }>;

const carryOut: Readonly<Record<UpgradeAct, CarryOut>> = {
  // The old version is what a restart boots, as long as nobody had begun to settle.
  downgrade: async (work, container, { running, last, version: old }) => {
    const why = await travel(work, container, running, old, last.task === 'deploy' ? 'down' : 'up');
    if (why === undefined) return { how: `it went back to ${old} while it ran` };
    work.log.info(`${last.container}: ${why}, so it is restarted, which boots ${old}`);
    await work.engine.stopContainer(container.Id);
    await work.engine.startContainer(container.Id);
    return { how: `it was restarted, and runs ${old}` };
  },
  unstage: async (work, container, { last: { brought = [] }, version: old, other: to }) => {
    const serves = await serving(work, container.Id, [old]);
    if (serves === undefined) {
      return { why: `it was to go back to ${old}, and its node does not say that it runs it` };
    }
    if (brought.length > 0 && to !== undefined) {
      await askAgain(work.clock, () => unstage(serves.node, { to, directories: brought }));
    }
    return {};
  },
  // A VM that ended since booted the old version again.
  upgrade: async (work, container, { running, last, version }) => {
    const why = await travel(work, container, running, version, last.task === 'deploy' ? 'up' : 'down');
    return why === undefined ? {} : { why: `it runs ${running.version}, and did not come to ${version}: ${why}` };
  },
  'make-permanent': async (work, container, { version }) => {
    const serves = await serving(work, container.Id, [version]);
    const refused = serves === undefined ? 'its node does not answer' : await makePermanent(work, serves.node, version);
    return refused === undefined ? {} : { why: `${version} could not be made permanent: ${refused}` };
  },
};

/** A stop that the engine still carried out for the run that was killed may have ended it while its node was asked. */
async function servingAgain(work: UpdateContext, id: string): Promise<ServingRelease | undefined> {
  if ((await work.engine.findContainer(id))?.State.Running !== false) {
    return undefined;
  }
  await work.engine.startContainer(id);
  return await serving(work, id);
}

/** The installation of a run that was killed goes on by itself, and is waited for; whoever is left held is let go. */
async function atRest(
  work: UpdateContext,
  container: ContainerDetails,
  { node, root }: ServingRelease,
  { from, to }: Entry,
): Promise<string | undefined> {
  const { engine, log } = work;
  if (!(await waitUntilIdle(work, container.Id, node))) {
    return 'the installation that the earlier run had begun goes on and on';
  }
  const versions = [from.version, to.version].flatMap((version) => version ?? []);
  const stored = await Promise.all(versions.map((version) => readManifest(engine, container.Id, root, version)));
  const updates = [...new Set(stored.flatMap((each) => (each.kind === 'stored' ? each.way.updates : [])))];
  const held = await suspendedByUs(node, updates);
  if (held.length === 0) {
    return undefined;
  }
  log.info(`${held.length} processes were left held, and are let go`);
  const unanswering = await resume(node, updates);
  return unanswering.length === 0
    ? undefined
    : `these processes are held and do not let themselves be let go: ${unanswering.map(({ pid }) => pid).join(', ')}`;
}

/** Goes hot to a version by what lies in the container; why that did not work, if it did not. */
async function travel(
  work: UpdateContext,
  container: ContainerDetails,
  running: ServingRelease,
  version: string,
  direction: 'up' | 'down',
): Promise<string | undefined> {
  const { engine, inputs } = work;
  const name = nameOf(container);
  const way =
    direction === 'down'
      ? await findDowngradePath(engine, container.Id, running, version, inputs.suspendTimeoutMs)
      : await wayUp(engine, container.Id, running, version);
  if (way.kind === 'closed') {
    return way.reasons.map(({ message }) => message).join(' ');
  }
  const ended = await follow(work, { name, container, running, direction, steps: way.steps });
  return ended.outcome === 'deployed' ? undefined : (ended.message ?? ended.outcome);
}

/** The ways from what runs up to a version that lies in the container: those that lead down from it, the last one first. */
async function wayUp(
  engine: Engine,
  container: string,
  { root, name, version: runs }: Pick<ServingRelease, 'root' | 'name' | 'version'>,
  version: string,
): Promise<DowngradePath> {
  const down = await storedSteps(engine, container, { root, name, version }, runs);
  if ('code' in down) {
    const message = `Nothing in the container leads from ${runs} up to ${version}.`;
    return { kind: 'closed', reasons: [against('not-upgraded-here', version, message)] };
  }
  return { kind: 'open', steps: down.toReversed() };
}
