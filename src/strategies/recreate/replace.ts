import { stopInTime } from '../../deployment/cancellation-deadline.js';
import { EngineError } from '../../engines/call.js';
import type { ContainerDetails } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { meantName, type Names } from '../../engines/names.js';
import type { Claim } from '../../journal/entry.js';
import { awaitHealth } from '../../probe/await-health.js';
import { messageOf } from '../../system/message-of.js';
import { awaitRemoval } from './removal.js';
import { detectState } from './state.js';
import { type Around, awaitBack, discard, passPolicy, restarts, type Undone, undoReplacement } from './undo.js';

export interface RecreateOptions extends Around {
  /** `create`, `stop`, `rename`, `start`, `health`; `restore` after a failure. */
  readonly onPhase: (name: string, ms: number) => void;
  readonly isOurs: (labels: Readonly<Record<string, string>>) => boolean;
  /** Awaited before a step is carried out: whoever writes it down has done so then. */
  readonly record: (step: 'create' | 'stop' | 'restore') => Promise<void>;
  /** The new ids of containers that were re-created before, by their old ones. */
  readonly replaced?: ReadonlyMap<string, string>;
  /** Whether the old container may have ended. */
  readonly ended?: boolean;
  /** Whether the old container answered the probe: if not, it is not waited for on the way back. */
  readonly answered?: boolean;
}

export type Recreated =
  /** The new container serves under the old one's name. It is to be made final (`settleRestart`), or taken back (`goBack`). */
  | {
      readonly kind: 'recreated';
      readonly id: string;
      /** The names of settings that are not as they were; undefined where they could not be read. */
      readonly settings: { readonly equal: boolean; readonly differing: readonly string[] } | undefined;
      readonly warnings: readonly string[];
    }
  /** The old container was never stopped; what was made for the new one is gone, unless it is left. */
  | { readonly kind: 'untouched'; readonly why: string; readonly left?: true }
  | Restored;

export type Restored =
  /** The new container is gone, or kept as before; the old one serves again. */
  | {
      readonly kind: 'restored';
      readonly id: string;
      readonly why: string;
      /** It was started, and there was no time to see it healthy. */
      readonly unseen?: true;
    }
  /** Manual intervention is required. */
  | { readonly kind: 'failed'; readonly why: string; readonly state: string };

/** What takes whose place. */
export interface Replacing {
  readonly old: ContainerDetails;
  readonly names: Names;
  /** The new container's id. */
  readonly fresh: string;
}

type Phase = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/**
 * Stops the old container and starts the new one under its name. Between `stop` and `start` nothing serves, and only two
 * renames happen.
 */
export async function replace(
  engine: Engine,
  { old, names, fresh }: Replacing,
  {
    options,
    phase,
    warnings,
    compared,
  }: {
    readonly options: RecreateOptions;
    readonly phase: Phase;
    readonly warnings: readonly string[];
    readonly compared: () => Promise<{ equal: boolean; differing: readonly string[] } | undefined>;
  },
): Promise<Recreated> {
  const { clock, healthTimeoutMs: timeoutMs, deadline, log, probed } = options;
  try {
    // By the container's own stop signal and timeout.
    await phase('stop', async () => {
      await stopInTime(engine, old.Id, deadline);
      if (old.HostConfig.AutoRemove) await awaitRemoval(engine, old, clock);
    });
    unlessCancelled(options);
    await phase('rename', async () => {
      if (!old.HostConfig.AutoRemove) await engine.renameContainer(old.Id, names.old);
      await engine.renameContainer(fresh, names.own);
    });
    unlessCancelled(options);
    await phase('start', () => engine.startContainer(fresh));
    // Not before, since it would be downtime; not later, since an engine that starts anew starts all with `always`.
    await passOn(engine, old, fresh).catch((error: unknown) =>
      log.warning(`${names.own}: the old container keeps its restart policy for now: ${String(error)}`),
    );
    const unanswered = await probed?.(fresh);
    // A run that is cancelled cannot watch it any more: the sooner it goes back, the better.
    const remainingMs = () => (deadline.cancelled ? 0 : Number.POSITIVE_INFINITY);
    const health = await phase('health', () =>
      awaitHealth(engine, fresh, { clock, timeoutMs, remainingMs, unanswered }),
    );
    if (health.kind !== 'healthy')
      throw new Error(`The new ${names.own} did not come up: ${health.why.replace(/\.$/, '')}.`);
  } catch (error) {
    const back = { ...options, probed: options.answered ? probed : undefined, old, why: messageOf(error), fresh };
    return await phase('restore', () => restorePrevious(engine, names.own, back));
  }
  return { kind: 'recreated', id: fresh, settings: await compared(), warnings };
}

async function passOn(engine: Engine, old: ContainerDetails, fresh: string): Promise<void> {
  if (!restarts(old)) return;
  await passPolicy(engine, old, fresh);
  await engine.updateRestartPolicy(old.Id, { Name: 'no' });
}

const breathMs = 1_000;

/**
 * Goes back to the old container: the same object under its name, healthy again where it was before. How far the restart
 * came is asked of the engine and not remembered, since a call that failed may have been carried out all the same.
 *
 * @param own the name that users know
 */
export async function restorePrevious(
  engine: Engine,
  own: string,
  options: Around & {
    readonly record: (step: 'restore') => Promise<void>;
    readonly why: string;
    readonly old: ContainerDetails;
    /** The new container's id, where it is known. */
    readonly fresh?: string;
  },
): Promise<Restored> {
  const { log, clock, why, old } = options;
  const once = async () => judged(engine, own, { ...(await undoOnce(engine, own, options)), why, old });
  log.warning(`${own}: going back. ${why}`);
  // The service comes before the record of it.
  await options.record('restore').catch((error: unknown) => log.warning(`${own}: ${messageOf(error)}`));
  try {
    return await once().catch(async (error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      // A call that failed: where it left things is asked anew, so a second try can only help.
      log.warning(`${own}: trying once more. ${error.message}`);
      await clock.sleep(breathMs);
      return await once();
    });
  } catch (error) {
    const state = `${messageOf(error)} Now: ${await whatIsLeft(engine, own, options)}.`;
    return { kind: 'failed', why, state };
  }
}

/** Where nothing of the restart is left, a call that seemed to fail was the last one of the way back. */
async function undoOnce(
  engine: Engine,
  own: string,
  options: Around & { readonly fresh?: string; readonly old: ContainerDetails },
): Promise<Undone> {
  const found = detectState(own, await engine.containers(), options.claim);
  // A stop that failed may be carried out all the same.
  const undone = await undoReplacement(engine, found, { ...options, stopping: true });
  if (undone !== undefined) return undone;
  const serving = await engine.findContainer(own);
  const isBack = serving !== undefined && serving.Id !== options.fresh && serving.Image === options.old.Image;
  if (!isBack) throw new Error(`There is no earlier container of ${own} to go back to.`);
  return { id: serving.Id, health: await awaitBack(engine, serving.Id, options) };
}

async function judged(
  engine: Engine,
  own: string,
  { id, health, why, old }: Undone & { readonly why: string; readonly old: ContainerDetails },
): Promise<Restored> {
  if (health.kind === 'late') {
    return { kind: 'restored', id, why, unseen: true };
  }
  if (health.kind === 'failed' && wasHealthy(old)) {
    throw new Error(`${own} was started again and did not come up: ${health.why.replace(/\.$/, '')}.`);
  }
  if (!(await engine.inspectContainer(id)).State.Running)
    throw new Error(`${own} was started again and ended at once.`);
  return { kind: 'restored', id, why };
}

/** What was unhealthy before cannot be waited for. */
function wasHealthy({ State: { Health: health } }: ContainerDetails): boolean {
  return health === undefined || health.Status === 'healthy' || health.Status === 'none';
}

/** @throws Error that says so */
export function unlessCancelled({ deadline }: Pick<RecreateOptions, 'deadline'>): void {
  if (deadline.cancelled) throw new Error('The run was cancelled before the new container was started.');
}

/** The old container was never stopped: takes away what was made for the new one, also by a call whose answer was lost. */
export async function untouched(
  engine: Engine,
  cause: unknown,
  { names, claim }: { readonly names: Names; readonly claim: Claim },
): Promise<Recreated> {
  const why = messageOf(cause);
  try {
    const found = detectState(names.own, await engine.containers(), claim);
    if (found.kind === 'begun') await discard(engine, found);
    return { kind: 'untouched', why };
  } catch (error) {
    return { kind: 'untouched', why: `${why} And what was made for it is left: ${messageOf(error)}`, left: true };
  }
}

/** What is true now, for a person who has to take over. */
async function whatIsLeft(
  engine: Engine,
  own: string,
  { old, fresh }: { readonly old: ContainerDetails; readonly fresh?: string },
): Promise<string> {
  try {
    const left = (await engine.containers()).filter(({ names }) => names.some((name) => meantName(name) === own));
    const sentences = left.map(({ id, names: [name = own], state }) => {
      const which = id === fresh ? 'the new container' : id === old.Id ? 'the old container' : 'a container';
      return `${which} is ${state} under the name ${name}`;
    });
    return sentences.length === 0 ? `there is no container ${own}` : sentences.join('; ');
  } catch (error) {
    return `what is left of ${own} is unknown, since the engine does not say: ${String(error)}`;
  }
}

export function phases({ clock, onPhase, log }: RecreateOptions): Phase {
  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const since = clock.now();
    try {
      return await work();
    } finally {
      const ms = clock.now() - since;
      onPhase(name, ms);
      log.debug(`${name}: ${Math.round(ms)} ms`);
    }
  };
}
