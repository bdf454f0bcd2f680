import { type ContainerDetails, type ImageDetails, isGoing } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { Refusal } from '../reasons/refusal.js';
import type { Clock, Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { acquire, lockRequest } from './acquire.js';
import { heartbeatMs, isAlive, lastHeartbeat, lockTtlMs, pollIntervalMs, type Watch, watched } from './heartbeat.js';
import { type Fate, fateOf } from './holder.js';
import { holdLock, type LockHandle } from './lock-handle.js';
import { journalName, type Locked, lockName, readLock } from './lock-labels.js';
import type { Run } from './run.js';

/** Who wants which lock, and how long it waits. */
export interface LockOptions {
  readonly environment: string;
  readonly run: Run;
  /** Any that the engine has: its container is never started. */
  readonly image: ImageDetails;
  /** How long to wait for a run that lives; 0 does not wait. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface AcquiredLock extends LockHandle {
  /** A run that died while it held the lock. */
  readonly tookOver?: Locked;
}

/** Who holds the lock of an environment on this engine, or held it when it died; undefined where nobody does. */
export async function holderOf(engine: Engine, environment: string): Promise<Locked | undefined> {
  const lock = await engine.findContainer(lockName(environment));
  return lock && readLock(lock.Config.Labels, environment);
}

const tellMs = 30_000;

/**
 * Takes the lock of an environment on this engine: at once, when its holder releases it, or when its holder has died.
 *
 * @throws Refusal where it is not to be had: somebody holds it for longer than this run waits, or the run was cancelled
 */
export async function acquireLock(engine: Engine, taking: LockOptions): Promise<AcquiredLock> {
  try {
    return await take(engine, taking);
  } catch (error) {
    if (error instanceof Refusal) {
      throw error;
    }
    const said = messageOf(error);
    throw new Refusal(`The lock on ${taking.environment} could not be taken: ${said}`, { cause: error });
  }
}

async function take(engine: Engine, taking: LockOptions): Promise<AcquiredLock> {
  const { environment, run, clock, log, signal } = taking;
  const want = lockRequest(environment, run, new Date(clock.date()).toISOString(), taking.image);
  const began = clock.now();
  let told: number | undefined;
  let watch: Watch | undefined;
  let dead: { readonly lock: string; readonly locked: Locked } | undefined;
  while (!signal.aborted) {
    const claimed = await acquire(engine, want);
    if (claimed.kind === 'ours') {
      const held = await holdLock(engine, want, claimed.lock, { clock, log });
      if (!signal.aborted) {
        return { ...held, ...(dead && { tookOver: dead.locked }) };
      }
      await held.release();
    } else if (claimed.kind === 'taken' && !isGoing(claimed.by)) {
      const { by } = claimed;
      const locked = readLock(by.Config.Labels, environment);
      if (locked === undefined || by.State.Status !== 'created') {
        throw new Refusal(foreign(want.name, environment));
      }
      // Another than the dead one: its holder has taken over from that one.
      if (dead?.lock !== by.Id) dead = undefined;
      const fate = fateOf(locked.holder);
      watch = fate === 'unknown' ? await look(engine, by, watch, clock) : undefined;
      if (isDead(fate, watch)) {
        dead = { lock: by.Id, locked };
        log.info(`${locked.holder.by}, which has held the lock on ${environment} since ${locked.since}, is gone`);
        await putAside(engine, by, journalName(environment, by.Id));
        continue;
      }
      const waited = clock.now() - began;
      if (isUp(waited, taking.timeoutMs, fate, watch)) {
        throw new Refusal(busy(want.name, journalName(environment, by.Id), environment, locked, waited));
      }
      if (told === undefined || clock.now() - told >= tellMs) {
        told = clock.now();
        log.info(`waiting for the lock on ${environment}: ${locked.holder.by} has held it since ${locked.since}`);
      }
    } else if (isUp(clock.now() - began, taking.timeoutMs, 'unknown', undefined)) {
      // An engine that was ended by force may hold on to the name of a container that it no longer has.
      throw new Refusal(
        `Nobody holds the lock on ${environment}, and the engine does not let anybody have its name: ${claimed.kind === 'taken' ? 'the last lock is being removed' : claimed.why}`,
      );
    }
    await clock.sleep(pollIntervalMs, signal);
  }
  throw new Refusal('The run was cancelled while it waited for the lock, before anything had changed.');
}

/** By its id: what has the name by now may be the lock of another who saw the same. The holder of the next lock reads its journal. */
async function putAside(engine: Engine, { Id: id }: ContainerDetails, name: string): Promise<void> {
  try {
    await engine.renameContainer(id, name);
  } catch (error) {
    // Another may have done so at the same time, or removed it since.
    const now = await engine.findContainer(id);
    if (now !== undefined && !isGoing(now) && now.Name !== `/${name}`) throw error;
  }
}

async function look(
  engine: Engine,
  { Id: lock }: ContainerDetails,
  before: Watch | undefined,
  clock: Clock,
): Promise<Watch | undefined> {
  try {
    const last = await lastHeartbeat(engine, lock);
    return watched(before, { lock, at: clock.now(), heartbeat: last });
  } catch {
    // It may just be going. What it comes to, the next look tells.
    return undefined;
  }
}

/** Pure. Of a process that can be seen to live, silence proves nothing: it was stopped, or has much to do. */
export function isDead(fate: Fate, watch: Watch | undefined): boolean {
  return fate === 'gone' || (fate === 'unknown' && watch !== undefined && watch.silentMs >= lockTtlMs);
}

/**
 * Pure: whether the time to wait is over. It ends with a holder that is seen to live: of a dead one nobody would ever be
 * rid who waits for less than it takes to see that.
 */
export function isUp(waitedMs: number, timeoutMs: number, fate: Fate, watch: Watch | undefined): boolean {
  const lives = fate === 'alive' || (watch !== undefined && isAlive(watch));
  return waitedMs >= timeoutMs && (lives || waitedMs >= timeoutMs + lockTtlMs + heartbeatMs);
}

function busy(name: string, aside: string, environment: string, { holder, since }: Locked, waitedMs: number): string {
  const waited = waitedMs < 1_000 ? '' : `, and still does after ${Math.round(waitedMs / 1_000)} s of waiting`;
  return `${holder.by} has held the lock on ${environment} since ${since}${waited}: wait until that run has ended and deploy again, or give \`lock-timeout\` longer. If you are sure that it has ended, docker rename ${name} ${aside} frees the lock.`;
}

function foreign(name: string, environment: string): string {
  return `The name of the lock on ${environment}, ${name}, belongs to a container that is no lock of hot-deploy, so it is left alone: look at what it is, and rename or remove it.`;
}
