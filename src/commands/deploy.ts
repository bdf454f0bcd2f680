import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { readImage } from '../release/image.js';
import { Toolbox } from '../release/toolbox.js';
import { isBundleWritten, writeBundle } from '../rollout/bundle-file.js';
import { withComposeRemarks } from '../rollout/compose.js';
import { decide, rehearse } from '../rollout/decide.js';
import { withLeftOutRemarks } from '../rollout/left-out.js';
import type { CurrentRun } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { refuseOwnLabels } from '../source/own-labels.js';
import { provideImage } from '../source/provide-image.js';
import { channelsOf, withComposeWarnings } from './channels.js';
import { estimateDowntime } from './downtime-estimate.js';
import { probeBefore, withProbeReasons } from './preflight.js';
import { moveTags, rollOutPlans } from './roll-out.js';
import { writeScript } from './script-file.js';
import { openSession } from './session.js';
import { withTargets } from './with-targets.js';
import { reportWithoutRollout } from './without-rollout.js';

/** The way of a deploy, from the inputs to the report. What cannot begin is refused with a reason, and changes nothing. */
export async function deploy(inputs: Inputs, world: RunContext): Promise<Report> {
  let path: string | undefined;
  const result = await openSession(inputs, world, (engine, draft) =>
    withTargets(engine, draft, async (on, its, containers) => {
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
  draft: CurrentRun,
  containers: readonly ContainerDetails[],
  writeBefore: () => Promise<void>,
): Promise<Report> {
  const { inputs, world } = draft;
  const { log, clock, signal } = world;
  const step = steps(world);
  const silent = await probeBefore(engine, draft, containers);
  const image = await step('Provide the image', () => provideImage(engine, inputs, world));
  refuseOwnLabels(image.details, image.reference);
  const workshop = await Toolbox.open(engine, image.details, image.reference);
  try {
    const next = await step('Read the new release', () => readImage(engine, workshop));
    const site = { engine, log, clock, inputs, workshop, next, image: image.details, signal };
    const surveyed = await step('Read what runs, and decide', async () =>
      withComposeRemarks(engine, image, withLeftOutRemarks(await decide(site, containers))),
    );
    const plans = withProbeReasons(await step('Rehearse', () => rehearse(site, surveyed)), silent);
    const decided = { ...draft, engine: engine.address, image, next, plans };
    const channels = await channelsOf(engine, image, plans, [image.reference]);
    const ended = reportWithoutRollout(decided);
    if (isBundleWritten(inputs, ended === undefined)) await writeBundle(inputs, plans, log);
    if (ended === undefined) await writeBefore();
    const result = ended ?? (await rollOutPlans(engine, decided));
    return await estimateDowntime(withComposeWarnings(decided, await moveTags(engine, image, channels, result)), world);
  } finally {
    await workshop.closeOrWarn(log);
  }
}
