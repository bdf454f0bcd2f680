import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Version } from '../journal/entry.js';
import { Refusal } from '../reasons/refusal.js';
import { asVersion, buildVersion } from '../release/build-version.js';
import { counterpart } from '../release/counterpart.js';
import { readImage } from '../release/image.js';
import { Toolbox } from '../release/toolbox.js';
import { chooseTarget } from '../rollback/choose-target.js';
import { readHistory, type TargetHistory } from '../rollback/history.js';
import { plansBack, plansWithoutImage } from '../rollback/plan-back.js';
import { sourceOf } from '../rollback/source.js';
import { tagToMove } from '../rollback/tag-to-move.js';
import { withComposeRemarks } from '../rollout/compose.js';
import type { CurrentRun } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { refuseOwnLabels } from '../source/own-labels.js';
import { once } from '../system/once.js';
import { channelsOf, withComposeWarnings } from './channels.js';
import { moveTags, rollOutPlans } from './roll-out.js';
import { openSession } from './session.js';
import { withTargets } from './with-targets.js';
import { reportWithoutRollout } from './without-rollout.js';

/** The way of a rollback: to what ran before, by the way that disturbs least. What cannot begin is refused. */
export async function rollback(inputs: Inputs, world: RunContext): Promise<Report> {
  return await openSession(inputs, world, (engine, draft) => withTargets(engine, draft, rollBack));
}

async function rollBack(engine: Engine, draft: CurrentRun, containers: readonly ContainerDetails[]): Promise<Report> {
  const { inputs, world } = draft;
  const step = steps(world);
  const pasts = await step('Read what ran before', () =>
    Promise.all(containers.map((container) => readHistory(engine, container, inputs))),
  );
  const target = await chooseTarget(engine, inputs.to, pasts);
  const [details, tookBack, wentTo] = await Promise.all([
    engine.findImage(target.image),
    sourceOf(
      engine,
      pasts.map(({ line }) => line.at(-1)),
    ),
    sourceOf(engine, [target]),
  ]);
  const report =
    details === undefined
      ? await withoutImage(engine, draft, target, pasts)
      : await byImage(engine, draft, { target, details, pasts });
  return { ...report, ...(tookBack && { tookBack }), ...(wentTo && { wentTo }) };
}

async function byImage(
  engine: Engine,
  draft: CurrentRun,
  {
    target,
    details,
    pasts,
  }: { readonly target: Version; readonly details: ImageDetails; readonly pasts: readonly TargetHistory[] },
): Promise<Report> {
  const { inputs, world } = draft;
  const { log, clock, signal } = world;
  const step = steps(world);
  const named = target.reference ?? target.image;
  refuseOwnLabels(details, named);
  const workshop = await Toolbox.open(engine, details, named);
  try {
    const { next, ...at } = await step('Read the release to go back to', async () => {
      const own = { engine, workshop, next: await readImage(engine, workshop) };
      const found = await counterpart(own, { names: [], root: pasts[0]?.root }, once());
      const { version = found.next.version } = target;
      if (![found.next.version, buildVersion(found.next)].includes(version)) {
        throw new Refusal(
          `The image ${named} holds ${found.next.version}, and on record it is that of ${version}. Name the image that is meant by \`to\`.`,
        );
      }
      return await asVersion(engine, found, version);
    });
    const site = { engine, log, clock, inputs, ...at, next, version: next.version, image: details, signal };
    const reference = tagToMove(inputs, target, pasts);
    const image = { reference: reference ?? named, id: details.Id };
    const plans = await step('Decide, and rehearse', async () =>
      withComposeRemarks(engine, image, await plansBack(site, pasts)),
    );
    const decided = { ...draft, engine: engine.address, image, next, plans };
    const given = reference === undefined ? [] : [reference];
    const channels = await channelsOf(engine, image, plans, given);
    const result = reportWithoutRollout(decided) ?? (await rollOutPlans(engine, decided));
    return withComposeWarnings(decided, await moveTags(engine, image, channels, result));
  } finally {
    await workshop.closeOrWarn(log);
  }
}

/** The release may lie in the containers all the same. What a cold boot of it would be is not known then. */
async function withoutImage(
  engine: Engine,
  draft: CurrentRun,
  target: Version,
  pasts: readonly TargetHistory[],
): Promise<Report> {
  const plans = await steps(draft.world)('Decide', () => plansWithoutImage(engine, draft.inputs, target, pasts));
  const image = { reference: target.reference ?? target.image, id: target.image };
  const next = { version: target.version ?? target.image };
  const decided = { ...draft, engine: engine.address, image, next, plans };
  const result = reportWithoutRollout(decided) ?? (await rollOutPlans(engine, decided));
  const warning = `The engine no longer has the image ${image.reference} of ${next.version}: a new container cannot be made of what runs now. Pull it, or build it again.`;
  return { ...result, warnings: [...result.warnings, warning] };
}
