import { stopInTime } from '../../deployment/cancellation-deadline.js';
import type { Engine } from '../../engines/engine.js';
import { awaitHealth } from '../../probe/await-health.js';
import { messageOf } from '../../system/message-of.js';
import type { IsKept } from '../../targets/kept.js';
import { keepNewest, type Settled } from './kept.js';
import { awaitRemoval } from './removal.js';
import { detectState, type Replacement, type ReplacementState } from './state.js';
import { type Around, keep, passPolicy, type Undone, undoReplacement } from './undo.js';

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
  const { clock, healthTimeoutMs, deadline } = around;
  const undo = async (why: string): Promise<Finished> => {
    const now = found.kind === 'none' || found.kind === 'unclear' ? found : await lookAgain(engine, found, around);
    const undone = await undoReplacement(engine, now, around);
    return undone === undefined ? { kind: 'nothing' } : { kind: 'undone', why, ...undone };
  };
  if (found.kind === 'none') return { kind: 'nothing' };
  if (found.kind === 'unclear' || found.kind === 'begun') return undo('nothing was stopped yet');
  const { names, old, spare, fresh } = found;
  if (fresh === undefined) return undo('the new container is gone');
  const before = spare ?? old;
  // Only where the engine was started anew meanwhile.
  if (before?.running) await stopInTime(engine, before.id, deadline);
  if (found.kind === 'stopped') {
    const gone = spare && old && (await engine.findContainer(old.id));
    if (gone) await awaitRemoval(engine, gone, clock);
    if (before?.name === names.own) await engine.renameContainer(before.id, names.old);
    if (fresh.name !== names.own) await engine.renameContainer(fresh.id, names.own);
    try {
      await engine.startContainer(fresh.id);
    } catch (error) {
      // It cannot run; or it had --rm, has ended, and the engine is about to delete it.
      return undo(messageOf(error));
    }
  }
  const health = await awaitHealth(engine, fresh.id, {
    clock,
    timeoutMs: healthTimeoutMs,
    remainingMs: deadline.remainingMs,
  });
  if (health.kind !== 'healthy') return undo(`the new container did not come up: ${health.why}`);
  const [from, whole] = [old && (await engine.findContainer(old.id)), await lookAgain(engine, found, around)];
  if (from) await passPolicy(engine, from, fresh.id);
  if (whole.kind === 'switched') await keepOld(engine, whole);
  return { kind: 'finished', id: fresh.id };
}

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
