import { steps } from './begin.js';
import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { standFor } from './docker/selector.js';
import { findFleet } from './find-fleet.js';
import { isGone } from './ledger/holder.js';
import { holderOf } from './ledger/lock.js';
import { recover } from './recover.js';
import { findHalfWay } from './recovery/half-way.js';
import { Refusal } from './refusal.js';
import type { Report } from './report/report.js';
import { type Draft, refusedBy } from './reporting.js';
import { underLock } from './under-lock.js';

type Story = (engine: Engine, draft: Draft, containers: readonly ContainerDetails[]) => Promise<Report>;

/**
 * Tells a story on the containers that are meant, once none of them is half-way any more: what a run that was cut off has
 * left is finished or undone first. What changes anything does so under the environment's lock.
 */
export async function onFleet(engine: Engine, draft: Draft, story: Story): Promise<Report> {
  const { inputs } = draft;
  if (inputs.dryRun || inputs.from !== undefined) {
    return await told(engine, draft, story);
  }
  const meant = await containersMeant(engine, draft);
  const changes = inputs.mode === 'deploy' || inputs.mode === 'rollback';
  if (!changes && !(await wasLeft(engine, draft))) {
    return await told(engine, draft, story);
  }
  return await underLock(engine, draft, meant, async (locked) => {
    const recovered = await recover(engine, locked);
    // Whoever was waited for, and what was set right, may have put others in their place.
    const report = await told(engine, locked, story).catch((error: unknown) => {
      // Refused or not, something has happened before.
      if (error instanceof Refusal && recovered.length > 0) return refusedBy(locked, error);
      throw error;
    });
    return { ...report, ...(recovered.length > 0 && { recovered }) };
  });
}

/**
 * Whether a run has left something half-way, or its lock. A deploy that is under way looks the same: whoever only asks waits
 * for it, too, and is told what is true afterwards.
 */
async function wasLeft(engine: Engine, { inputs }: Draft): Promise<boolean> {
  const locked = await holderOf(engine, inputs.environment);
  return (locked !== undefined && isGone(locked.holder)) || (await findHalfWay(engine, inputs.containers)).length > 0;
}

async function told(engine: Engine, draft: Draft, story: Story): Promise<Report> {
  const { inputs, world } = draft;
  const found = await steps(world)('Find the containers', () => findFleet(engine, inputs, world));
  try {
    const { containers, comparedWith } = found;
    return await story(engine, { ...draft, ...(comparedWith && { comparedWith }) }, containers);
  } finally {
    await found.close();
  }
}

/** Also those that only stand for one that is meant: a restart that was cut off has left no other. */
async function containersMeant(engine: Engine, { inputs, world }: Draft): Promise<readonly ContainerDetails[]> {
  const found = standFor(await engine.containers(), inputs.containers);
  const { containers } =
    found.length > 0 ? { containers: await inspected(engine, found) } : await findFleet(engine, inputs, world);
  return containers;
}

async function inspected(engine: Engine, ids: readonly string[]): Promise<readonly ContainerDetails[]> {
  return (await Promise.all(ids.map((id) => engine.findContainer(id)))).flatMap((each) => each ?? []);
}
