import { stopInTime } from '../../deployment/cancellation-deadline.js';
import type { Engine } from '../../engines/engine.js';
import { awaitHealth } from '../../probe/await-health.js';
import { messageOf } from '../../system/message-of.js';
import type { IsKept } from '../../targets/kept.js';
import { keepNewest, type Settled } from './kept.js';
import { detectState, type Place, type Replacement, type ReplacementState } from './state.js';
import { type Act, actsFor } from './table.js';
import { type Around, awaitItsRemoval, keep, passPolicy, type Undone, undoReplacement } from './undo.js';

export type Finished =
  /** The new container serves; the old one is kept, or gone where it cannot be. */
  | { readonly kind: 'finished'; readonly id: string }
  /** It could not be finished, so the old container serves. */
  | ({ readonly kind: 'undone'; readonly why: string } & Undone)
  | { readonly kind: 'nothing' };

/**
 * Finishes a restart from what is true. One of which nothing was stopped yet cannot be: whether its new container is whole
 * shows nowhere. May be ended at any call and begun again.
 */
export async function finishReplacement(engine: Engine, found: ReplacementState, around: Around): Promise<Finished> {
  const undo = async (why: string): Promise<Finished> => {
    const now = found.kind === 'none' || found.kind === 'unclear' ? found : await lookAgain(engine, found, around);
    const undone = await undoReplacement(engine, now, around);
    return undone === undefined ? { kind: 'nothing' } : { kind: 'undone', why, ...undone };
  };
  if (found.kind === 'none') return { kind: 'nothing' };
  if (found.kind === 'unclear') return undo('it is not clear what is left');
  const { fresh } = found;
  const acts = actsFor('finish', found);
  if (acts === 'undo' || fresh === undefined) {
    return undo(found.kind === 'begun' ? 'nothing was stopped yet' : 'the new container is gone');
  }
  for (const act of acts) {
    const failed = await forward[act]?.(engine, { ...found, fresh }, around);
    if (failed !== undefined) return undo(failed);
  }
  return { kind: 'finished', id: fresh.id };
}

/** One step of the way; why it cannot be gone on, if it cannot. */
type Forward = (
  engine: Engine,
  found: Replacement & { readonly fresh: Place },
  around: Around,
) => Promise<string | undefined>;

const forward: Readonly<Partial<Record<Act, Forward>>> = {
  // Only where the engine was started anew meanwhile.
  'end-old': async (engine, { old, spare }, { deadline }) => {
    const before = spare ?? old;
    if (before?.running) await stopInTime(engine, before.id, deadline);
    return undefined;
  },
  'await-removal': async (engine, found, around) => {
    await awaitItsRemoval(engine, found, around);
    return undefined;
  },
  'place-new': async (engine, { names, old, spare, fresh }) => {
    const before = spare ?? old;
    if (before?.name === names.own) await engine.renameContainer(before.id, names.old);
    if (fresh.name !== names.own) await engine.renameContainer(fresh.id, names.own);
    // It cannot run; or it had --rm, has ended, and the engine is about to delete it.
    return await engine.startContainer(fresh.id).then(() => undefined, messageOf);
  },
  'await-new': async (engine, { fresh }, { clock, healthTimeoutMs: timeoutMs, deadline: { remainingMs } }) => {
    const health = await awaitHealth(engine, fresh.id, { clock, timeoutMs, remainingMs });
    return health.kind === 'healthy' ? undefined : `the new container did not come up: ${health.why}`;
  },
  'pass-policy': async (engine, { old, fresh }) => {
    const from = old && (await engine.findContainer(old.id));
    if (from) await passPolicy(engine, from, fresh.id);
    return undefined;
  },
  'keep-old': async (engine, found, around) => {
    const whole = await lookAgain(engine, found, around);
    if (whole.kind === 'switched') await keepOld(engine, whole);
    return undefined;
  },
};

/**
 * Makes a restart final whose new container serves: the old one is kept, and of all that are kept the newest `newest`
 * stay. Does nothing again where it is final already.
 *
 * @throws Error where the new container does not serve
 */
export async function retireOriginal(
  engine: Engine,
  own: string,
  { log, newest, claim, isKept }: Pick<Around, 'log' | 'claim'> & { readonly newest: number; readonly isKept: IsKept },
): Promise<Settled> {
  const found = detectState(own, await engine.containers(), claim);
  if (found.kind === 'switched') await keepOld(engine, found);
  else if (found.kind !== 'none') throw new Error(`${own} cannot be made final: its restart is ${found.kind}.`);
  return await keepNewest(engine, own, { newest, log, isKept });
}

/** Compose would count a kept container as one of the service, and with --rm there is only its spare. */
async function keepOld(engine: Engine, { names, old, spare }: Replacement): Promise<void> {
  const id = (spare ?? old)?.id;
  const container = id === undefined ? undefined : await engine.findContainer(id);
  if (container === undefined) return;
  // Typed as always there, and null where a container has none.
  const labels: Record<string, string> | null = container.Config.Labels;
  const compose = labels?.['com.docker.compose.project'] !== undefined;
  // Never with its volumes: the new container has them now.
  if (compose || container.HostConfig.AutoRemove) await engine.removeContainer(container.Id);
  else await keep(engine, names.own, container.Id);
}

async function lookAgain(engine: Engine, { names }: Replacement, { claim }: Around): Promise<ReplacementState> {
  return detectState(names.own, await engine.containers(), claim);
}
