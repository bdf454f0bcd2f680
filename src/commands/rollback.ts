import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { World } from '../deployment/world.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Version } from '../journal/entry.js';
import { Refusal } from '../reasons/refusal.js';
import { counterpart } from '../release/counterpart.js';
import { readImage } from '../release/image.js';
import { Workshop } from '../release/workshop.js';
import { agree } from '../rollback/agree.js';
import { madeOf } from '../rollback/made-of.js';
import { type Remembered, remember } from '../rollback/past.js';
import { plansBack } from '../rollback/plan-back.js';
import { nameToMove } from '../rollback/reference.js';
import { plansWithoutImage } from '../rollback/without-image.js';
import { withComposeRemarks } from '../rollout/compose.js';
import type { Draft } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { once } from '../system/once.js';
import { carryOut, moveTags } from './carry-out.js';
import { channelsOf, withComposeWarnings } from './channels.js';
import { endsHere } from './ends-here.js';
import { onFleet } from './on-fleet.js';
import { begin } from './session.js';

/** The way of a rollback: to what ran before, by the way that disturbs least. What cannot begin is refused. */
export async function rollback(inputs: Inputs, world: World): Promise<Report> {
  return await begin(inputs, world, (engine, draft) => onFleet(engine, draft, rollBack));
}

async function rollBack(engine: Engine, draft: Draft, containers: readonly ContainerDetails[]): Promise<Report> {
  const { inputs, world } = draft;
  const step = steps(world);
  const pasts = await step('Read what ran before', () =>
    Promise.all(containers.map((container) => remember(engine, container, inputs))),
  );
  const target = await agree(engine, inputs.to, pasts);
  const [details, tookBack, wentTo] = await Promise.all([
    engine.findImage(target.image),
    madeOf(
      engine,
      pasts.map(({ line }) => line.at(-1)),
    ),
    madeOf(engine, [target]),
  ]);
  const report =
    details === undefined
      ? await withoutImage(engine, draft, target, pasts)
      : await byImage(engine, draft, { target, details, pasts });
  return { ...report, ...(tookBack && { tookBack }), ...(wentTo && { wentTo }) };
}

async function byImage(
  engine: Engine,
  draft: Draft,
  {
    target,
    details,
    pasts,
  }: { readonly target: Version; readonly details: ImageDetails; readonly pasts: readonly Remembered[] },
): Promise<Report> {
  const { inputs, world } = draft;
  const { log, clock, signal } = world;
  const step = steps(world);
  const named = target.reference ?? target.image;
  const workshop = await Workshop.open(engine, details, named);
  try {
    const { next, ...at } = await step('Read the release to go back to', async () =>
      counterpart(
        { engine, workshop, next: await readImage(engine, workshop) },
        { names: [], root: pasts[0]?.root },
        once(),
      ),
    );
    if (target.version !== undefined && target.version !== next.version) {
      throw new Refusal(
        `The image ${named} holds ${next.version}, and on record it is that of ${target.version}. Name the image that is meant by \`to\`.`,
      );
    }
    const site = { engine, log, clock, inputs, ...at, next, image: details, signal };
    const reference = nameToMove(inputs, target, pasts);
    const image = { reference: reference ?? named, id: details.Id };
    const plans = await step('Decide, and rehearse', async () =>
      withComposeRemarks(engine, image, await plansBack(site, pasts)),
    );
    const decided = { ...draft, engine: engine.address, image, next, plans };
    const channels = await channelsOf(engine, image, plans);
    const result = endsHere(decided) ?? (await carryOut(engine, decided));
    const tags = { ...channels, follow: [...(reference === undefined ? [] : [reference]), ...channels.follow] };
    return withComposeWarnings(decided, await moveTags(engine, image, tags, result));
  } finally {
    await workshop.closeOrWarn(log);
  }
}

/** The release may lie in the containers all the same. What a cold boot of it would be is not known then. */
async function withoutImage(
  engine: Engine,
  draft: Draft,
  target: Version,
  pasts: readonly Remembered[],
): Promise<Report> {
  const plans = await steps(draft.world)('Decide', () => plansWithoutImage(engine, draft.inputs, target, pasts));
  const image = { reference: target.reference ?? target.image, id: target.image };
  const next = { version: target.version ?? target.image };
  const decided = { ...draft, engine: engine.address, image, next, plans };
  const result = endsHere(decided) ?? (await carryOut(engine, decided));
  const warning = `The engine no longer has the image ${image.reference} of ${next.version}: a new container cannot be made of what runs now. Pull it, or build it again.`;
  return { ...result, warnings: [...result.warnings, warning] };
}
