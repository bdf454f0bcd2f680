import type { Inputs } from '../config/inputs.js';
import type { Report, Uninstalled } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import type { Engine } from '../engines/engine.js';
import { type Belonging, type Found, findBelongings, spellBelonging } from '../leavings/belongings.js';
import { Refusal } from '../reasons/refusal.js';
import { findInterrupted } from '../recovery/interrupted.js';
import { type CurrentRun, empty } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { messageOf } from '../system/message-of.js';
import { inWords } from './find-targets.js';
import { openSession } from './session.js';
import { underLock } from './under-lock.js';

/**
 * Lists what hot-deploy has left on the engine for an environment and its containers, then removes it. No container that serves
 * is touched, and nothing that is not provably ours.
 */
export async function uninstall(inputs: Inputs, world: RunContext): Promise<Report> {
  return await openSession(inputs, world, async (engine, draft) => {
    const found = await list(engine, draft);
    if (inputs.dryRun || found.belongings.length === 0) {
      return told(draft, inputs.dryRun ? 'planned' : 'unchanged', [...found.belongings.map(asFound), ...found.left]);
    }
    // A lock that is held is not waited for: whoever has it needs what would be removed.
    const now: CurrentRun = { ...draft, inputs: { ...inputs, lockTimeoutMs: 0 } };
    return await underLock(engine, now, found.containers, async (held, locked, lock) => {
      await refuseInterrupted(held, inputs);
      // What was taken over, and what has ended since, is gone by now.
      const again = await list(held, locked);
      const isLock = ({ kind }: Belonging) => kind === 'lock' || kind === 'journal';
      // What was written down came along when the lock was taken, and goes when it is given back.
      const taken = found.belongings.filter(isLock).map(asRemoved);
      const removed = await removeAll(
        held,
        locked,
        again.belongings.filter((each) => !isLock(each)),
      );
      const failed = removed.some(({ state }) => state === 'left');
      // By it the rest is known to be ours.
      if (!failed) lock.forget();
      return told(locked, failed ? 'failed' : 'unchanged', [...taken, ...removed, ...again.left]);
    });
  });
}

async function list(engine: Engine, { inputs, world }: CurrentRun): Promise<Found> {
  return await steps(world)('Look for what hot-deploy has left', async () => {
    const found = await findBelongings(engine, inputs);
    for (const each of found.belongings) world.log.info(spellBelonging(each));
    for (const { name, why } of found.left) world.log.info(`${name} stays: ${why}`);
    return found;
  });
}

/** An interrupted run needs the containers that stand beside it, and its journal. */
async function refuseInterrupted(engine: Engine, { containers }: Inputs): Promise<void> {
  const interrupted = await findInterrupted(engine, containers);
  if (interrupted.length > 0) {
    throw new Refusal(`${interrupted.map(inWords).join(' ')} Nothing was removed: deploy or roll back first.`);
  }
}

async function removeAll(
  engine: Engine,
  { world: { log, signal } }: CurrentRun,
  belongings: readonly Belonging[],
): Promise<readonly Uninstalled[]> {
  return await log.group('Remove it', async () => {
    const all: Uninstalled[] = [];
    for (const each of belongings) {
      if (signal.aborted) {
        all.push({ what: each.kind, name: each.name, state: 'left', why: 'the run was cancelled before its turn' });
        continue;
      }
      try {
        await remove(engine, each);
        log.info(`removed: ${spellBelonging(each)}`);
        all.push(asRemoved(each));
      } catch (error) {
        log.warning(`${each.name}: ${messageOf(error)}`);
        all.push({ what: each.kind, name: each.name, state: 'left', why: messageOf(error) });
      }
    }
    return all;
  });
}

/** A kept container's volumes went along to the one that serves. By its id, and without force: one that somebody has started stays. */
async function remove(engine: Engine, { kind, id }: Belonging): Promise<void> {
  await engine.removeContainer(id, kind === 'kept container' ? {} : { force: true, volumes: true });
}

const asFound = ({ kind, name, by }: Belonging): Uninstalled => ({
  ...{ what: kind, name, state: 'found' },
  ...(by !== undefined && { why: `of ${by}` }),
});
const asRemoved = ({ kind, name }: Belonging): Uninstalled => ({ what: kind, name, state: 'removed' });

function told(draft: CurrentRun, outcome: Report['outcome'], uninstalled: readonly Uninstalled[]): Report {
  return { ...empty(draft, outcome), uninstalled };
}
