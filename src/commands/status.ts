import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import { type Look, looking } from '../drift/look.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { holderOf } from '../journal/lock.js';
import { Refusal } from '../reasons/refusal.js';
import { findInterrupted, type InterruptedRun } from '../recovery/interrupted.js';
import { newSalt } from '../release/baseline.js';
import type { CurrentRun } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { findTargets, inWords } from './find-targets.js';
import { openSession } from './session.js';
import { statusReport } from './status-report.js';

/** What runs against what the image says, container by container. Changes nothing on any of them. */
export async function status(inputs: Inputs, world: RunContext): Promise<Report> {
  return await openSession(inputs, world, lookAt);
}

async function lookAt(engine: Engine, draft: CurrentRun): Promise<Report> {
  const { inputs, world } = draft;
  const step = steps(world);
  const { containers } = await step('Find the containers', () => findTargets(engine, inputs, world));
  const { image } = inputs;
  if (image !== undefined && (await engine.findImage(image)) === undefined) {
    throw new Refusal(`The engine has no image ${image}. Pull it first, or leave \`image\` out.`);
  }
  const holder = await holderOf(engine, inputs.environment);
  const cutOff = await step('Look for interrupted runs', () => findInterrupted(engine, inputs.containers));
  const salt = newSalt();
  const look = looking({ engine, clock: world.clock, hints: inputs, salt, ...(image !== undefined && { image }) });
  const rows: { container: ContainerDetails; look: Look }[] = [];
  for (const container of containers) {
    const name = nameOf(container);
    rows.push({ container, look: tell(await step(`Look at ${name}`, () => look(container)), cutOffOf(cutOff, name)) });
  }
  return statusReport(draft, engine.address, rows, holder);
}

function cutOffOf(cutOff: readonly InterruptedRun[], name: string): InterruptedRun | undefined {
  return cutOff.find(({ containers }) => containers.some((each) => each.name === name));
}

/** A container may be in the middle of a deploy and run all the same: nothing else of the look would show it. */
function tell({ drift, message }: Look, cutOff: InterruptedRun | undefined): Look {
  if (cutOff === undefined) {
    return { drift, ...(message !== undefined && { message }) };
  }
  const { state } = drift;
  return {
    drift: { ...drift, state: state === 'unread' ? state : 'differs' },
    message: [message, inWords(cutOff)].filter(Boolean).join(' '),
  };
}
