import { isHot, type Report } from '../deployment/report.js';
import type { Engine } from '../engines/engine.js';
import { isChannel, originOf, sameName } from '../engines/origin.js';
import type { Entry } from '../journal/entry.js';
import { entriesOf } from '../journal/history.js';
import { readJournals } from '../journal/journal.js';
import { composeServiceOf } from '../rollout/compose.js';
import type { PlannedRun } from '../rollout/reporting.js';
import type { TargetPlan } from '../strategies/strategy.js';

/** Names of images that follow what runs. */
export interface Channels {
  /** They move to what runs then, each from the image that it names now. */
  readonly follow: ReadonlyMap<string, string | undefined>;
  /** Somebody else has moved them meanwhile: sentences that say so. */
  readonly moved: readonly string[];
}

/**
 * The names that are to follow, and the channel tags, such as `live`, that the containers were made from: a new container of
 * each is to boot what all run. Read before anything changes, since only then does the engine know what ran.
 */
export async function channelsOf(
  engine: Engine,
  image: { readonly reference: string; readonly id: string },
  plans: readonly TargetPlan[],
  /** Names that follow in any case. */
  given: readonly string[],
): Promise<Channels> {
  const origins = [...new Set(plans.flatMap(({ container }) => originOf(container) ?? []))];
  const channels = origins.filter((origin) => isChannel(origin) && !sameName(origin, image.reference));
  const follow = new Map<string, string | undefined>();
  for (const name of given) follow.set(name, (await engine.findImage(name))?.Id);
  const moved: string[] = [];
  for (const channel of channels) {
    const named = await engine.findImage(channel);
    const ran = [image.id, ...(await ranBefore(engine, plans, channel))];
    if (named === undefined || ran.includes(named.Id)) follow.set(channel, named?.Id);
    else {
      moved.push(
        `${channel} was left where it is: it names neither what ran nor what runs, so somebody else has moved it. To move it: docker tag ${image.id} ${channel}`,
      );
    }
  }
  return { follow, moved };
}

/** What a container was made from, and what was loaded into it since. */
async function ranBefore(engine: Engine, plans: readonly TargetPlan[], channel: string): Promise<readonly string[]> {
  const of = plans.filter(({ container }) => originOf(container) === channel);
  const entries = of.length === 0 ? [] : await readJournals(engine);
  const done = ({ step }: Entry) => step === 'done';
  return of.flatMap(({ container, name }) => [
    container.Image,
    ...entriesOf(entries, name)
      .filter(done)
      .map(({ to }) => to.image),
  ]);
}

/** After a hot load `docker compose up` re-creates a service once: its label still names the image that it was made from. */
export function withComposeWarnings(
  { plans, image, next }: Pick<PlannedRun, 'plans' | 'image' | 'next'>,
  result: Report,
): Report {
  const warnings = plans.flatMap(({ container, name }) => {
    const [compose, origin] = [composeServiceOf(container), originOf(container)];
    const row = result.containers.find((each) => each.name === name);
    const loaded = row?.outcome === 'deployed' && isHot(row.method);
    const follows = origin !== undefined && (isChannel(origin) || sameName(origin, image.reference));
    return compose !== undefined && follows && loaded
      ? [
          `${name} was upgraded hot: the next \`docker compose up\` re-creates the service ${compose.service} once, on ${next.version}, which ${origin} names now.`,
        ]
      : [];
  });
  return warnings.length === 0 ? result : { ...result, warnings: [...result.warnings, ...warnings] };
}
