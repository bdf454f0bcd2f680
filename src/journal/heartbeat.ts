import { randomUUID } from 'node:crypto';
import type { Engine } from '../engines/engine.js';
import { packEntries } from '../release/archive.js';
import { takeFile } from '../release/taken.js';

/** By the container's id, which the author of its image cannot know: what lies in the image is no heartbeat. */
const fileIn = (lock: string): string => `heartbeat-${lock.slice(0, 12)}`;

/** How often the holder of a lock leaves a heartbeat, in milliseconds. */
export const heartbeatMs = 3_000;
/** Who has not done so for this long holds nothing any more. */
export const lockTtlMs = 15_000;
/** How often it is listened for. */
export const pollIntervalMs = 500;

/** Leaves something in the lock's container that was not there before. */
export async function heartbeat(engine: Engine, lock: string): Promise<void> {
  const data = Buffer.from(`${randomUUID()}\n`);
  await engine.putArchive(
    lock,
    '/',
    await packEntries([{ path: fileIn(lock), type: 'file', mode: 0o644, uid: 0, gid: 0, data }]),
  );
}

/** What lies there now: nothing before the first heartbeat. */
export async function lastHeartbeat(engine: Engine, lock: string): Promise<string | undefined> {
  return (await takeFile(engine, lock, `/${fileIn(lock)}`, 1_024))?.data.toString('utf8');
}

/** What looks at one lock have shown so far. Only the watcher's own clock counts: no two machines have the same. */
export interface Watch {
  /** The container's id: another one is another lock. */
  readonly lock: string;
  /** When it was looked at last. */
  readonly at: number;
  /** What lay there then. */
  readonly heartbeat: string | undefined;
  /** For how long nothing has changed while it was being watched, in milliseconds. */
  readonly silentMs: number;
  /** Whether anything ever changed. */
  readonly hasChanged: boolean;
}

/**
 * Pure: one more look. A time in which nobody looked is no silence, since whatever kept the watcher from it may have kept the
 * holder from its heartbeat: the engine, or a machine that stood still.
 *
 * @param before undefined where this is the first look, or the last one failed
 */
export function watched(before: Watch | undefined, look: Pick<Watch, 'lock' | 'at' | 'heartbeat'>): Watch {
  if (before?.lock !== look.lock) {
    return { ...look, silentMs: 0, hasChanged: false };
  }
  if (before.heartbeat !== look.heartbeat) {
    return { ...look, silentMs: 0, hasChanged: true };
  }
  return { ...before, at: look.at, silentMs: before.silentMs + Math.min(look.at - before.at, longestStepMs) };
}

// Looks may take their time on a busy machine.
export const longestStepMs = 4 * pollIntervalMs;

/** Whether its holder has shown lately that it is alive. */
export function isAlive({ hasChanged, silentMs }: Watch): boolean {
  return hasChanged && silentMs < 2 * heartbeatMs;
}
