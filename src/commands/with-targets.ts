import type { Report } from '../deployment/report.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { isGone } from '../journal/holder.js';
import { holderOf } from '../journal/lock.js';
import { Refusal } from '../reasons/refusal.js';
import { findInterrupted, findUnproven } from '../recovery/interrupted.js';
import { recover } from '../recovery/recover.js';
import { type CurrentRun, refusedBy } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { standFor } from '../targets/selector.js';
import { findTargets, inWords } from './find-targets.js';
import { underLock } from './under-lock.js';

type Story = (engine: Engine, draft: CurrentRun, containers: readonly ContainerDetails[]) => Promise<Report>;

/**
 * Tells a story on the containers that are meant. A deploy and a rollback first finish or undo what a run that was cut off has
 * left, under the environment's lock. Every other mode changes no container, and says what they would recover.
 */
export async function withTargets(engine: Engine, draft: CurrentRun, story: Story): Promise<Report> {
  const { inputs } = draft;
  if (inputs.from !== undefined) {
    return await told(engine, draft, story);
  }
  if (inputs.dryRun) {
    return await toldBeside(engine, draft, undefined, story);
  }
  const meant = await containersMeant(engine, draft);
  if (inputs.mode !== 'deploy' && inputs.mode !== 'rollback') {
    return await toldBeside(engine, draft, meant, story);
  }
  return await underLock(engine, draft, meant, async (held, locked, { journal }) => {
    const recovered = await recover(held, locked, journal);
    // Whoever was waited for, and what was recovered, may have put others in their place.
    const report = await told(held, locked, story).catch((error: unknown) => {
      // Refused or not, something has happened before.
      if (error instanceof Refusal && recovered.length > 0) return refusedBy(locked, error);
      throw error;
    });
    return { ...report, ...(recovered.length > 0 && { recovered }) };
  });
}

/**
 * What a deploy that was cut off has left stays as it is, and is told. One that is under way is waited for by whoever says what
 * is meant: a dry run waits for nobody.
 */
async function toldBeside(
  engine: Engine,
  draft: CurrentRun,
  meant: readonly ContainerDetails[] | undefined,
  story: Story,
): Promise<Report> {
  const { inputs } = draft;
  const interrupted = () => findInterrupted(engine, inputs.containers);
  const asked = async (on: Engine, within: CurrentRun): Promise<Report> => {
    const left = (await interrupted()).map(inWords);
    const report = await told(on, within, story).catch((error: unknown) => {
      if (!(error instanceof Refusal) || left.length === 0) throw error;
      const rest = left.filter((words) => !error.message.includes(words));
      throw new Refusal([error.message, ...rest].join(' '), { cause: error });
    });
    return { ...report, warnings: [...report.warnings, ...left] };
  };
  const holder = await holderOf(engine, inputs.environment);
  const underWay = holder !== undefined && !isGone(holder.holder) && (await interrupted()).length > 0;
  return underWay && meant !== undefined ? await underLock(engine, draft, meant, asked) : await asked(engine, draft);
}

async function told(engine: Engine, draft: CurrentRun, story: Story): Promise<Report> {
  const { inputs, world } = draft;
  const found = await steps(world)('Find the containers', () => findTargets(engine, inputs, world));
  try {
    const { containers, comparedWith } = found;
    refuseTasks(containers);
    const unproven = await findUnproven(engine, inputs.containers);
    const report = await story(engine, { ...draft, ...(comparedWith && { comparedWith }) }, containers);
    return unproven.length === 0 ? report : { ...report, warnings: [...report.warnings, ...unproven] };
  } finally {
    await found.close();
  }
}

/** Swarm makes a task anew from its service's image, whatever was done to the container: on the old version, with no word. */
function refuseTasks(containers: readonly ContainerDetails[]): void {
  for (const container of containers) {
    const labels: Readonly<Record<string, string>> = container.Config.Labels ?? {};
    const service = labels['com.docker.swarm.service.name'] ?? labels['com.docker.swarm.service.id'];
    if (service === undefined && !('com.docker.swarm.task.id' in labels)) continue;
    const of = service === undefined ? 'a Swarm service' : `the Swarm service ${service}`;
    throw new Refusal(
      `${nameOf(container)} is a task of ${of}, and Swarm would put the old version back when it makes the task anew: services cannot be deployed to yet. Use docker service update --image IMAGE ${service ?? 'SERVICE'}`,
    );
  }
}

/** Also those that only stand for one that is meant: a restart that was cut off has left no other. */
async function containersMeant(engine: Engine, { inputs, world }: CurrentRun): Promise<readonly ContainerDetails[]> {
  const found = standFor(await engine.containers(), inputs.containers);
  const { containers } =
    found.length > 0 ? { containers: await inspected(engine, found) } : await findTargets(engine, inputs, world);
  return containers;
}

async function inspected(engine: Engine, ids: readonly string[]): Promise<readonly ContainerDetails[]> {
  return (await Promise.all(ids.map((id) => engine.findContainer(id)))).flatMap((each) => each ?? []);
}
