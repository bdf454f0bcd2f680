import type { Report } from '../deployment/report.js';
import { turns } from '../deployment/turns.js';
import type { Engine } from '../engines/engine.js';
import { rollOut } from '../rollout/fleet.js';
import { sharedProbe } from '../rollout/for-container.js';
import type { RunDetails } from '../rollout/journal.js';
import { type PlannedRun, report } from '../rollout/reporting.js';
import { isChanging, type TargetPlan } from '../strategies/strategy.js';
import { messageOf } from '../system/message-of.js';
import type { Channels } from './channels.js';
import { afterReleaseCommand } from './release-command.js';

/** Carries a decision out, container by container, and tells what came of it. */
export async function rollOutPlans(engine: Engine, decided: PlannedRun): Promise<Report> {
  const { inputs, world, image, plans, began, run, next, journal } = decided;
  if (journal === undefined) throw new Error('Nothing may change without the lock.');
  const { log, clock, signal } = world;
  const replaced = new Map<string, string>();
  const changing = plans.filter(isChanging);
  const { GITHUB_SHA: commit } = world.environment;
  const runDetails: RunDetails = {
    run: run.id,
    task: inputs.mode === 'rollback' ? 'rollback' : 'deploy',
    environment: inputs.environment,
    by: run.holder.by,
    fleet: changing.map(({ name }) => name),
    to: {
      version: next.version,
      image: image.id,
      reference: image.reference,
      ...(commit && inputs.mode === 'deploy' && { commit: commit.toLowerCase() }),
    },
  };
  const fleet = {
    engine,
    log,
    clock,
    inputs,
    image,
    signal,
    replaced,
    began,
    runDetails,
    journal,
    down: turns(inputs.maxUnavailable, signal),
  };
  const result = await afterReleaseCommand(engine, decided, changing, async () =>
    report(decided, await log.group('Roll out', () => rollOut(fleet, changing))),
  );
  const shared = sharedProbe(
    inputs,
    changing.map(({ container }) => container),
  );
  const since = await sinceDecided(engine, plans);
  return { ...result, warnings: [...result.warnings, ...since, ...(shared === undefined ? [] : [shared])] };
}

/** What became meanwhile of those that were left as they are: what is said of them at the end is asked then. */
async function sinceDecided(engine: Engine, plans: readonly TargetPlan[]): Promise<readonly string[]> {
  const left = plans.filter((plan) => !isChanging(plan) && plan.container.State.Running);
  const told = await Promise.all(
    left.map(async ({ name, container }) => {
      const now = await engine.findContainer(container.Id).catch(() => container);
      const since = now?.State.StartedAt === container.State.StartedAt ? undefined : 'was started again';
      const why = now === undefined ? 'was removed' : now.State.Running ? since : 'has ended';
      return why === undefined ? [] : [`${name} was left as it is, and ${why} during this run. Check the container.`];
    }),
  );
  return told.flat();
}

/** Before, the tags would have named what nobody runs; now a new container boots what all run, or manual intervention is required. */
export async function moveTags(
  engine: Engine,
  image: { readonly id: string },
  { follow, moved }: Channels,
  result: Report,
): Promise<Report> {
  if (result.outcome !== 'deployed' && result.outcome !== 'unchanged') {
    return result;
  }
  const left: string[] = [];
  for (const [reference, before] of follow) {
    try {
      const now = (await engine.findImage(reference))?.Id;
      if (now === before || now === image.id) await engine.tagImage(image.id, reference);
      else {
        left.push(
          `${reference} was left where it is: somebody else has moved it during this run. To move it: docker tag ${image.id} ${reference}`,
        );
      }
    } catch (error) {
      const said = messageOf(error);
      const message = `All containers run ${result.to}, and ${reference} still names what ran before: ${said}`;
      return { ...result, outcome: 'failed', message };
    }
  }
  return { ...result, warnings: [...result.warnings, ...moved, ...left] };
}
