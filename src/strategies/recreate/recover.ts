import { noDeadline } from '../../deployment/cancellation-deadline.js';
import type { ContainerDetails } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import type { Entry, Side } from '../../journal/entry.js';
import { awaitHealth, type Health } from '../../probe/await-health.js';
import { isHotWay } from '../../reasons/strategies.js';
import { messageOf } from '../../system/message-of.js';
import type { RecoveryContext, RecoveryResult } from '../recovery.js';
import { finishReplacement } from './finish.js';
import { detectState } from './state.js';
import { stopping } from './table.js';
import { undoReplacement } from './undo.js';

/**
 * Brings a restart to one side from what the engine lists; undefined where none is under way, or none any more that the rest
 * of the way needs. The old container serves again also where going on did not work out.
 */
export async function recoverReplacement(
  { engine, inputs, log, clock }: RecoveryContext,
  name: string,
  direction: Side,
  last: Entry,
): Promise<RecoveryResult | undefined> {
  const found = detectState(name, await engine.containers(), last);
  const around = {
    ...{ log, clock, healthTimeoutMs: inputs.healthTimeoutMs, deadline: noDeadline, claim: last },
    stopping: stopping.includes(last.step),
  };
  try {
    if (direction === 'finish') {
      const finished = await finishReplacement(engine, found, around);
      switch (finished.kind) {
        case 'nothing':
          return undefined;
        case 'finished':
          return { kind: 'repaired', how: 'the new container serves, and the old one is kept' };
        case 'undone':
          // What was loaded hot is made final in the old container, where that cannot have a new one in its place.
          if (isHotWay(last.way)) return undefined;
          return { kind: 'failed', why: `${finished.why}; the old container was started again` };
      }
    }
    const undone = await undoReplacement(engine, found, around);
    if (undone === undefined) return undefined;
    return await judged(engine, undone.id, undone.health, 'the container that ran before serves again');
  } catch (error) {
    return { kind: 'failed', why: messageOf(error) };
  }
}

/**
 * Of a restart that shows nowhere any more: it never began, is complete or was undone, and what has the name serves. There is
 * nothing left to bring to the other side where that is what ran before.
 */
export async function confirmServing(
  { engine, inputs, clock }: RecoveryContext,
  container: ContainerDetails,
  last: Entry,
): Promise<RecoveryResult> {
  const { Id: id, State: state, RestartCount: count } = container;
  if (!state.Running) {
    await engine.startContainer(id);
  }
  const health = await awaitHealth(engine, id, {
    clock,
    timeoutMs: inputs.healthTimeoutMs,
    restartsBefore: state.Running ? count : 0,
  });
  const served = await judged(engine, id, health, 'its container serves');
  const side = sideOf(container, last);
  return served.kind === 'repaired' && side !== undefined ? { ...served, side } : served;
}

/**
 * The very container that ran before, or with --rm the one that stands in for it, which only its image tells: a new one is always
 * made from the image that was meant, and one that was kept has an id of its own.
 */
function sideOf({ Id: id, Image: image }: ContainerDetails, { way, id: old, from, to }: Entry): 'undo' | undefined {
  const standsIn = way === 'recreate' && image === from.image && image !== to.image;
  return (way === 'recreate' || way === 'revive') && (id === old || standsIn) ? 'undo' : undefined;
}

/** One that runs and is unhealthy may have been so before: that is told, and is no reason to leave everything as it is. */
async function judged(engine: Engine, id: string, health: Health, how: string): Promise<RecoveryResult> {
  if (health.kind === 'healthy') {
    return { kind: 'repaired', how };
  }
  const why = health.kind === 'failed' ? health.why : 'it is still starting';
  return (await engine.findContainer(id))?.State.Running
    ? { kind: 'repaired', how: `${how}, and is not healthy: ${why}` }
    : { kind: 'failed', why: `its container did not come up: ${why}` };
}
