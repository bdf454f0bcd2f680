import { begin, steps } from './begin.js';
import { carryOut, moveTag } from './carry-out.js';
import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { endsHere } from './ends-here.js';
import type { Inputs } from './inputs.js';
import { onFleet } from './on-fleet.js';
import { Refusal } from './refusal.js';
import { readImage } from './release/image.js';
import { Workshop } from './release/workshop.js';
import type { Report } from './report/report.js';
import type { Draft } from './reporting.js';
import { agree } from './rollback/agree.js';
import { remember } from './rollback/past.js';
import { plansBack } from './rollback/plan-back.js';
import { nameToMove } from './rollback/reference.js';
import type { World } from './world.js';

/** The way of a rollback: to what ran before, by the way that disturbs least. What cannot begin is refused. */
export async function rollback(inputs: Inputs, world: World): Promise<Report> {
  return await begin(inputs, world, (engine, draft) => onFleet(engine, draft, rollBack));
}

async function rollBack(engine: Engine, draft: Draft, containers: readonly ContainerDetails[]): Promise<Report> {
  const { inputs, world } = draft;
  const { log, clock, signal } = world;
  const step = steps(world);
  const pasts = await step('Read what ran before', () =>
    Promise.all(containers.map((container) => remember(engine, container, inputs))),
  );
  const target = await agree(engine, inputs.to, pasts);
  const details = await engine.findImage(target.image);
  if (details === undefined) {
    throw new Refusal(
      `The engine no longer has the image ${target.reference ?? target.image} of ${target.version ?? 'what ran before'}. Pull it, and name it by \`to\`.`,
    );
  }
  const reference = nameToMove(inputs, target, pasts);
  const workshop = await Workshop.open(engine, details, target.reference ?? target.image);
  try {
    const next = await step('Read the release to go back to', () => readImage(engine, workshop));
    if (target.version !== undefined && target.version !== next.version) {
      throw new Refusal(
        `The image ${target.reference ?? target.image} holds ${next.version}, and on record it is that of ${target.version}. Name the image that is meant by \`to\`.`,
      );
    }
    const site = { engine, log, clock, inputs, workshop, next, image: details, signal };
    const plans = await step('Decide, and rehearse', () => plansBack(site, pasts));
    const image = { reference: reference ?? target.reference ?? details.Id, id: details.Id };
    const decided = { ...draft, engine: engine.address, image, next, plans };
    const result = endsHere(decided) ?? (await carryOut(engine, decided));
    return reference === undefined ? result : await moveTag(engine, { reference, id: details.Id }, result);
  } finally {
    await workshop.close();
  }
}
