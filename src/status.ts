import { begin, steps } from './begin.js';
import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { type Look, looking } from './drift/look.js';
import { findFleet } from './find-fleet.js';
import type { Inputs } from './inputs.js';
import { Refusal } from './refusal.js';
import { newSalt } from './release/baseline.js';
import type { Report } from './report/report.js';
import { type Draft, looked } from './reporting.js';
import type { World } from './world.js';

/** What runs against what the image says, container by container. Changes nothing on any of them. */
export async function status(inputs: Inputs, world: World): Promise<Report> {
  return await begin(inputs, world, lookAt);
}

async function lookAt(engine: Engine, draft: Draft): Promise<Report> {
  const { inputs, world } = draft;
  const step = steps(world);
  const { containers } = await step('Find the containers', () => findFleet(engine, inputs, world));
  const { image } = inputs;
  if (image !== undefined && (await engine.findImage(image)) === undefined) {
    throw new Refusal(`The engine has no image ${image}. Pull it first, or leave \`image\` out.`);
  }
  const salt = newSalt();
  const look = looking({ engine, clock: world.clock, hints: inputs, salt, ...(image !== undefined && { image }) });
  const rows: { container: ContainerDetails; look: Look }[] = [];
  for (const container of containers) {
    const name = container.Name.replace(/^\//, '');
    rows.push({ container, look: await step(`Look at ${name}`, () => look(container)) });
  }
  return looked(draft, engine.address, rows);
}
