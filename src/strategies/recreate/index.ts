import type { AssessedTarget } from '../../analysis/target.js';
import type { ContainerDetails } from '../../engines/details.js';
import { isNode } from '../../engines/names.js';
import { againstAll, remark } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { Refusal } from '../../reasons/refusal.js';
import type { ImageRelease } from '../../release/release.js';
import { treeOf } from '../../release/running.js';
import { messageOf } from '../../system/message-of.js';
import type { UpdateContext, UpdateResult } from '../context.js';
import { whyUnlike } from '../serving.js';
import type { Assessment, OpenUpdate, ReturningTarget, Strategy, TargetPlan, Update } from '../strategy.js';
import { preflight } from './preflight.js';
import { confirmServing, recoverReplacement } from './recover.js';
import { commitRestart, restart, rollBackRestart, untouchedBy } from './restart.js';
import { whyNotRestorable } from './restore-kept.js';

/** A new container takes the place of the one that runs, with all of its settings. */
export const recreate: Strategy = {
  name: 'recreate',
  assess,
  assessReturn,
  recovery: {
    fromEngine: recoverReplacement,
    fromJournal: async (around, container, { last }) => await confirmServing(around, container, last),
  },
  instead: (target) =>
    volumeOf(target) === undefined && !isNode(target.container.Id)
      ? restartUpdate(asInImage(target.site.next))
      : undefined,
};

async function assess(target: AssessedTarget, ruledOut: readonly Reason[]): Promise<Assessment> {
  const { name } = target;
  if (isNode(target.container.Id)) {
    const message = `${name} runs in none of the containers, so there is nothing to restart it by. Deploy where it runs.`;
    return { kind: 'ruled-out', reasons: [againstAll('node-elsewhere', name, message)] };
  }
  const volume = volumeOf(target);
  if (volume !== undefined) {
    throw new Refusal(
      `${target.name} keeps its release on a volume at ${volume}, which a new container would get with the old release in it, and it cannot be loaded hot: ${ruledOut.map(({ code, subject }) => `${code} (${subject})`).join(', ')}. Empty the volume and re-create the container by hand, or leave the release in the image.`,
    );
  }
  const { running, startup } = target;
  const remarks = await startup?.restart(running && (() => treeOf(running.release)));
  return { kind: 'possible', update: restartUpdate(asInImage(target.site.next)), remarks: remarks ?? [] };
}

/** By the very container that served then, else by a new one on the older image. */
async function assessReturn({ engine, plan, site, kept }: ReturningTarget): Promise<Assessment> {
  const { update, container, name } = plan;
  if (site === undefined || update === undefined) return { kind: 'ruled-out', reasons: [] };
  if (kept === undefined) return { kind: 'possible', update, remarks: [] };
  const why = await whyNotRestorable(engine, { running: container, kept });
  return why.length === 0
    ? { kind: 'possible', update: restartUpdate(site.next, kept), remarks: [] }
    : { kind: 'possible', update, remarks: [remark('not-revived', name, why.join(' '))] };
}

/** Where the container mounts what a new image is to bring. */
function volumeOf({ container, root }: AssessedTarget): string | undefined {
  return container.Mounts.find(({ Destination: at }) =>
    [root, `${root}/lib`, `${root}/releases`].some((directory) => directory === at || directory.startsWith(`${at}/`)),
  )?.Destination;
}

/** A new container boots no build version, as a container does into which that was loaded. */
const asInImage = (next: ImageRelease) => next.inImage ?? next;

/** By a new container of the release's image, or by one that is kept from before. */
export function restartUpdate(next: ImageRelease, kept?: ContainerDetails): Update {
  return {
    ...{ method: 'recreate', hot: false, version: next.version },
    entry: () => (kept === undefined ? { way: 'recreate' } : { way: 'revive', kept: kept.Id }),
    prepare: (work, plan) => refused(work, plan),
    open: (work, plan) => open(work, plan, { next, ...(kept && { kept }) }),
  };
}

async function refused(work: UpdateContext, { name, container }: TargetPlan): Promise<UpdateResult | undefined> {
  const why = await preflight(work.engine, container, { ended: work.inputs.mode === 'rollback' }).catch(messageOf);
  return why === undefined ? undefined : untouchedBy(name, container, why);
}

function open(
  work: UpdateContext,
  plan: TargetPlan,
  as: { readonly next: ImageRelease; readonly kept?: ContainerDetails },
): OpenUpdate {
  return {
    apply: () => work.down(() => restart(work, { plan, ...as })),
    // What could not be asked then cannot be asked now.
    unlike: ({ id, unasked }) => whyUnlike(work, id, unasked === undefined ? as.next.version : undefined),
    drain: async (ended) => ended,
    commit: (ended) => commitRestart(work, plan, ended),
    rollback: (why) => work.down(() => rollBackRestart(work, plan, `${why}.`)),
  };
}
