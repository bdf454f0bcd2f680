import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { World } from '../deployment/world.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { readImage } from '../release/image.js';
import { Workshop } from '../release/workshop.js';
import { isBundleWritten, writeBundle } from '../rollout/bundle-file.js';
import { withComposeRemarks } from '../rollout/compose.js';
import { survey } from '../rollout/decide.js';
import type { Draft } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { provideImage } from '../source/provide-image.js';
import { rehearsePlans } from '../strategies/relup/rehearsal/plans.js';
import { carryOut, moveTags } from './carry-out.js';
import { channelsOf, withComposeWarnings } from './channels.js';
import { endsHere } from './ends-here.js';
import { foretell } from './foretell.js';
import { onFleet } from './on-fleet.js';
import { askBefore, withSilent } from './preflight.js';
import { writeScript } from './script-file.js';
import { begin } from './session.js';

/** The way of a deploy, from the inputs to the report. What cannot begin is refused with a reason, and changes nothing. */
export async function deploy(inputs: Inputs, world: World): Promise<Report> {
  let path: string | undefined;
  const result = await begin(inputs, world, (engine, draft) =>
    onFleet(engine, draft, async (on, its, containers) => {
      const write = async () => {
        if (inputs.mode === 'deploy') path ??= await writeScript(on, inputs, containers, world.log);
      };
      // First, since it is for the day when what follows fails. Where nobody asked for it: once something is to change.
      if (!inputs.unnamed.has('script-path')) await write();
      return await deployTo(on, its, containers, write);
    }),
  );
  return path === undefined ? result : { ...result, script: { path } };
}

/** Makes the plans, and carries them out where they are to be. */
async function deployTo(
  engine: Engine,
  draft: Draft,
  containers: readonly ContainerDetails[],
  writeBefore: () => Promise<void>,
): Promise<Report> {
  const { inputs, world } = draft;
  const { log, clock, signal } = world;
  const step = steps(world);
  const silent = await askBefore(engine, draft, containers);
  const image = await step('Provide the image', () => provideImage(engine, inputs, world));
  const workshop = await Workshop.open(engine, image.details, image.reference);
  try {
    const next = await step('Read the new release', () => readImage(engine, workshop));
    const site = { engine, log, clock, inputs, workshop, next, image: image.details, signal };
    const surveyed = await step('Read what runs, and decide', async () =>
      withComposeRemarks(engine, image, await survey(site, containers)),
    );
    const plans = withSilent(await step('Rehearse', () => rehearsePlans(site, surveyed)), silent);
    const decided = { ...draft, engine: engine.address, image, next, plans };
    const channels = await channelsOf(engine, image, plans);
    const ended = endsHere(decided);
    if (isBundleWritten(inputs, ended === undefined)) await writeBundle(inputs, plans, log);
    if (ended === undefined) await writeBefore();
    const result = ended ?? (await carryOut(engine, decided));
    const tags = { ...channels, follow: [image.reference, ...channels.follow] };
    return await foretell(withComposeWarnings(decided, await moveTags(engine, image, tags, result)), world);
  } finally {
    await workshop.closeOrWarn(log);
  }
}
