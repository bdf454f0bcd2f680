import { afterwardsMs, type CancellationDeadline, stopInTime } from '../../deployment/cancellation-deadline.js';
import { type ContainerDetails, nameOf } from '../../engines/details.js';
import type { Engine, RestartPolicy } from '../../engines/engine.js';
import { previousName } from '../../engines/names.js';
import type { Claim } from '../../journal/entry.js';
import { awaitHealth, type Health } from '../../probe/await-health.js';
import type { Clock, Log } from '../../system/log.js';
import { pollOn } from '../../system/poll.js';
import { awaitRemoval } from './removal.js';
import { detectState, type Replacement, type ReplacementState } from './state.js';
import { recoveryActs } from './table.js';

/** What the ways forward and back of a restart work with. */
export interface Around {
  readonly log: Log;
  readonly clock: Clock;
  readonly healthTimeoutMs: number;
  readonly deadline: CancellationDeadline;
  /** By what its containers are known. */
  readonly claim: Claim;
  /** Points the probe to a container that was just started; answers what it got instead of an answer, undefined once there was one. */
  readonly probed?: ((id: string) => Promise<() => string | undefined>) | undefined;
  /** Whether the stop of the old container may have been asked for, and no answer to it be known. */
  readonly stopping?: boolean;
}

export interface Undone {
  /** Another one than the old container's only where that had --rm. */
  readonly id: string;
  readonly health: Health;
}

/**
 * Undoes a restart from what is true, and tidies up: the very old container serves under its name again, with its restart
 * policy. With --rm it is the spare that was made for it. May be ended at any call and begun again.
 *
 * @returns undefined where no restart was under way
 * @throws Error where the engine fails, or it is unclear what belongs together
 */
export async function undoReplacement(
  engine: Engine,
  found: ReplacementState,
  around: Around,
): Promise<Undone | undefined> {
  if (found.kind === 'none') return undefined;
  if (found.kind === 'unclear')
    throw new Error(`It is not clear what a restart left: ${found.why}. Manual intervention is required.`);
  const { names, old, spare, fresh } = found;
  const back = found.kind === 'begun' ? [old, spare].find((place) => place?.name === names.own) : (spare ?? old);
  if (back === undefined)
    throw new Error(`There is nothing to go back to from ${names.own}. Manual intervention is required.`);
  const { id } = back;
  // One that was never stopped keeps the count of its life so far; a start begins it anew.
  const restartsBefore = found.kind === 'begun' ? (await engine.inspectContainer(id)).RestartCount : 0;
  // Whether the new one is still there, and says by its name what is under way.
  let marked = false;
  let health: Health | undefined;
  for (const act of recoveryActs.undo[found.kind] ?? []) {
    switch (act) {
      case 'await-stop':
        if (!around.stopping || !old || !fresh || !(await ends(engine, old.id, around))) break;
        return await undoReplacement(engine, detectState(names.own, await engine.containers(), around.claim), {
          ...around,
          stopping: false,
        });
      case 'await-removal':
        await awaitItsRemoval(engine, found, around);
        break;
      case 'return-policy': {
        // Before anything of the new one goes, since its policy is the only other place where the old one's stands.
        const coming = fresh && (await engine.findContainer(fresh.id));
        if (old && coming) await passPolicy(engine, coming, old.id);
        break;
      }
      case 'retire-new': {
        const coming = fresh && (await engine.findContainer(fresh.id));
        marked = coming !== undefined && (await retire(engine, coming, names, around));
        break;
      }
      case 'return-old':
        await returnOld(engine, { id, own: names.own }, marked);
        break;
      case 'discard-new':
        await discard(engine, { ...found, spare: spare === back ? undefined : spare });
        break;
      case 'await-old':
        health = await awaitBack(engine, id, around, restartsBefore);
        break;
      default:
        throw new Error(`${act} is no part of a way back.`);
    }
  }
  return health && { id, health };
}

/** Always one container stands under a name that tells what is under way: where the new one is gone, this one. */
async function returnOld(engine: Engine, { id, own }: { id: string; own: string }, marked: boolean): Promise<void> {
  const rename = async () => {
    const { Name: name } = await engine.inspectContainer(id);
    if (name !== `/${own}`) await engine.renameContainer(id, own);
  };
  if (marked) await rename();
  await engine.startContainer(id);
  if (!marked) await rename();
}

/** Of one with --rm for which a spare was made. */
export async function awaitItsRemoval(
  engine: Engine,
  { old, spare }: Pick<Replacement, 'old' | 'spare'>,
  { clock }: Pick<Around, 'clock'>,
): Promise<void> {
  const gone = spare && old && (await engine.findContainer(old.id));
  if (gone) await awaitRemoval(engine, gone, clock);
}

const defaultStopSeconds = 10;
const lookMs = 200;

/**
 * Whether a container that runs ends yet, by a stop that was asked for. The engine carries one out to its end also where
 * whoever asked is not there any more: a container that is left to itself meanwhile is down once nobody looks.
 */
async function ends(
  engine: Engine,
  id: string,
  { clock, deadline, healthTimeoutMs, log }: Pick<Around, 'clock' | 'deadline' | 'healthTimeoutMs' | 'log'>,
): Promise<boolean> {
  const since = clock.now();
  let told = false;
  return await pollOn(clock, lookMs, async () => {
    const container = await engine.findContainer(id);
    if (!container?.State.Running) return true;
    const seconds = container.Config.StopTimeout ?? defaultStopSeconds;
    // What does not end by its stop signal is killed then, and that takes a moment, too.
    const patienceMs = seconds < 0 ? healthTimeoutMs : (seconds + 1) * 1_000;
    if (clock.now() - since > patienceMs || deadline.remainingMs() <= 0) return false;
    // Nobody else would know what takes so long where it may take minutes to end.
    if (!told) {
      log.info(`${nameOf(container)} may have been asked to end: waiting for that up to ${patienceMs / 1_000} s`);
      told = true;
    }
    return undefined;
  });
}

/** However little a new container is given: the old one has come up before. */
const backTimeoutMs = 120_000;

/** Of a container that was started again, or serves still. */
export async function awaitBack(
  engine: Engine,
  id: string,
  { clock, healthTimeoutMs: timeoutMs, deadline, probed }: Around,
  restartsBefore = 0,
): Promise<Health> {
  const since = clock.now();
  const remainingMs = () => Math.max(deadline.remainingMs(afterwardsMs), since + afterwardsMs - clock.now());
  const unanswered = await probed?.(id);
  const patience = { clock, timeoutMs: Math.max(timeoutMs, backTimeoutMs), remainingMs, restartsBefore, unanswered };
  return await awaitHealth(engine, id, patience);
}

/**
 * Takes away what a restart made for itself, where the old container serves. What was made is removed with the volumes
 * that came with it; a kept container goes back to where it was.
 */
export async function discard(
  engine: Engine,
  {
    names,
    fresh,
    spare,
    revived,
  }: Pick<Replacement, 'names' | 'revived'> & {
    readonly fresh?: { readonly id: string } | undefined;
    readonly spare?: { readonly id: string } | undefined;
  },
): Promise<void> {
  if (fresh !== undefined && revived) await keep(engine, names.own, fresh.id);
  else if (fresh !== undefined) await engine.removeContainer(fresh.id, { force: true, volumes: true });
  if (spare !== undefined) await engine.removeContainer(spare.id, { force: true });
}

/** Puts a container aside for a way back. With a policy of `always` the engine would start it when it starts itself. */
export async function keep(engine: Engine, own: string, id: string): Promise<void> {
  const container = await engine.findContainer(id);
  if (container === undefined) return;
  if (restarts(container)) await engine.updateRestartPolicy(id, { Name: 'no' });
  const name = previousName(own, container);
  if (container.Name !== `/${name}`) await engine.renameContainer(id, name);
}

/** Gives a container the restart policy of the one that it stands in for, unless it has it already. */
export async function passPolicy(engine: Engine, from: ContainerDetails, to: string): Promise<void> {
  const target = await engine.findContainer(to);
  if (!restarts(from) || target === undefined || target.HostConfig.AutoRemove || restarts(target)) return;
  await engine.updateRestartPolicy(to, policyOf(from));
}

export function restarts(container: ContainerDetails): boolean {
  return !['', 'no'].includes(policyOf(container).Name);
}

function policyOf({ HostConfig: { RestartPolicy: policy } }: ContainerDetails): RestartPolicy {
  return policy ?? { Name: 'no' };
}

/**
 * Ends the new container: with the stop signal first, since it may be writing to volumes that the old one reads next.
 * Answers whether it is still there and says by its name what is under way.
 */
async function retire(
  engine: Engine,
  coming: ContainerDetails,
  names: Replacement['names'],
  { log, clock, deadline }: Around,
): Promise<boolean> {
  const { Id: id, HostConfig, State: state } = coming;
  try {
    await stopInTime(engine, id, deadline);
  } catch (error) {
    // One that cannot be stopped is ended by force below, by the engine's own means.
    log.warning(`${names.own}: the new container could not be stopped: ${String(error)}`);
    await engine.removeContainer(id, { force: true, volumes: true });
    return false;
  }
  if (HostConfig.AutoRemove && state.Status !== 'created') {
    await awaitRemoval(engine, coming, clock);
    return false;
  }
  const { Name: name } = await engine.inspectContainer(id);
  if (name !== `/${names.fresh}`) await engine.renameContainer(id, names.fresh);
  return true;
}
