import { begin, steps } from './begin.js';
import { writeBundle } from './bundle-file.js';
import type { ContainerDetails } from './docker/details.js';
import type { Engine } from './docker/engine.js';
import { endsHere } from './ends-here.js';
import { findFleet } from './find-fleet.js';
import type { Inputs } from './inputs.js';
import { type ProvidedImage, provideImage } from './provide-image.js';
import { rehearsePlans } from './rehearsal/plans.js';
import { readImage } from './release/image.js';
import { Workshop } from './release/workshop.js';
import type { Report } from './report/report.js';
import { type Decided, type Draft, report } from './reporting.js';
import { rollOut } from './rollout/fleet.js';
import { writeScript } from './script-file.js';
import { survey } from './survey/survey.js';
import type { World } from './world.js';

/** The way of a deploy, from the inputs to the report. What cannot begin is refused with a reason, and changes nothing. */
export async function deploy(inputs: Inputs, world: World): Promise<Report> {
  let path: string | undefined;
  const result = await begin(inputs, world, (engine, draft) =>
    deployTo(engine, draft, async (containers) => {
      path = await writeScript(engine, inputs, containers, world.log);
    }),
  );
  return path === undefined ? result : { ...result, script: { path } };
}

/** Before, the tag would have named what nobody runs; now a new container boots what all run, or a person must look. */
async function moveTag(engine: Engine, image: ProvidedImage, result: Report): Promise<Report> {
  try {
    await engine.tagImage(image.id, image.reference);
    return result;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const message = `All containers run ${result.to}, and ${image.reference} still names what ran before: ${said}`;
    return { ...result, outcome: 'failed', message };
  }
}

async function deployTo(
  engine: Engine,
  draft: Draft,
  forLater: (containers: readonly ContainerDetails[]) => Promise<void>,
): Promise<Report> {
  const { inputs, world } = draft;
  const { log, clock, signal } = world;
  const step = steps(world);
  const found = await step('Find the containers', () => findFleet(engine, inputs, world));
  // First, since it is for the day when what follows fails.
  if (inputs.mode === 'deploy') await forLater(found.containers);
  try {
    const image = await step('Provide the image', () => provideImage(engine, inputs, world));
    const workshop = await Workshop.open(engine, image.details, image.reference);
    try {
      const next = await step('Read the new release', () => readImage(engine, workshop));
      const site = { engine, log, clock, inputs, workshop, next, image: image.details, signal };
      const surveyed = await step('Read what runs, and decide', () => survey(site, found.containers));
      const plans = await step('Rehearse', () => rehearsePlans(site, surveyed));
      const decided = { ...draft, engine: engine.address, image, next, plans };
      await writeBundle(inputs, plans, log);
      const result = endsHere(decided) ?? (await carryOut(engine, decided));
      const runs = result.outcome === 'deployed' || result.outcome === 'unchanged';
      return runs ? await moveTag(engine, image, result) : result;
    } finally {
      await workshop.close();
    }
  } finally {
    await found.close();
  }
}

async function carryOut(engine: Engine, decided: Decided): Promise<Report> {
  const { inputs, world, image, next, plans, began } = decided;
  const { log, clock, signal } = world;
  const replaced = new Map<string, string>();
  const fleet = { engine, log, clock, inputs, image, next, signal, replaced, began };
  const changing = plans.filter(({ method }) => method !== 'none');
  const carried = await log.group('Roll out', () => rollOut(fleet, changing));
  return report(decided, carried);
}
