import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import type { Engine } from '../engines/engine.js';
import { type Mark, marking, removeStale, removeThrowAways, withoutInherited } from '../engines/throw-away.js';
import { isGone } from '../journal/holder.js';
import { readMarks } from '../journal/journal.js';
import { readHolder, writeHolder } from '../journal/lock-labels.js';
import { markOf, newRun } from '../journal/run.js';
import { Refusal } from '../reasons/refusal.js';
import { Unrecovered } from '../recovery/unrecovered.js';
import { type CurrentRun, failed, refusedBy } from '../rollout/reporting.js';
import { messageOf } from '../system/message-of.js';
import { withNodes } from '../targets/nodes.js';

/** Begins a story: connects, and makes a report of what cannot begin. */
export async function openSession(
  inputs: Inputs,
  world: RunContext,
  story: (engine: Engine, draft: CurrentRun) => Promise<Report>,
): Promise<Report> {
  const run = newRun(world.environment, world.clock);
  const draft: CurrentRun = { inputs, world, run, began: world.clock.now() };
  try {
    const engine = await connect(world);
    // Of those it lists what it removes, before it does.
    if (inputs.mode !== 'uninstall') {
      const isOfTheDead = (label: string) => {
        const told = readHolder(label);
        return told !== undefined && isGone(told.holder);
      };
      await removeStale(engine, world.log, isOfTheDead, () => readMarks(engine, inputs.environment));
    }
    const nodes = withNodes(engine, { selectors: inputs.containers, known: inputs });
    try {
      return await story(
        marking(nodes.engine, { ...markOf(run), holder: writeHolder(run.holder, run.startedAt) }),
        draft,
      );
    } finally {
      await nodes.leave();
      if (world.signal.aborted) await tidyUp(engine, world, markOf(run));
    }
  } catch (error) {
    if (error instanceof Refusal) {
      return refusedBy(draft, error);
    }
    if (error instanceof Unrecovered) {
      return failed(draft, error.message);
    }
    throw error;
  }
}

const tidyingMs = 2_000;

/**
 * A step that was cancelled is not waited for, and would take away what it had made only in its end. As long as there is time:
 * the next run removes the rest.
 */
async function tidyUp(engine: Engine, { clock, log }: RunContext, mark: Mark): Promise<void> {
  const removed = removeThrowAways(engine, { ...log, info: log.debug }, [mark]).catch((error: unknown) =>
    log.debug(messageOf(error)),
  );
  await Promise.race([removed, clock.sleep(tidyingMs)]);
}

async function connect(world: RunContext): Promise<Engine> {
  try {
    return withoutInherited(await world.connect());
  } catch (error) {
    throw new Refusal(messageOf(error), { cause: error });
  }
}
