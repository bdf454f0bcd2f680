import type { ContainerDetails } from '../engines/details.js';
import type { Node } from '../node/node.js';
import { text } from '../node/term.js';
import type { ProcessNote } from '../release/processes.js';
import type { UpdateContext, UpdateResult } from '../strategies/context.js';
import { recordIfPossible } from '../strategies/record.js';
import { serving, whyUnlike } from '../strategies/serving.js';
import type { OpenUpdate } from '../strategies/strategy.js';
import { messageOf } from '../system/message-of.js';
import { isText, membersOf, optional } from '../system/shape.js';
import { askAgain, isSilence } from './again.js';
import { combined } from './downgrade.js';
import { drain } from './drain.js';
import { type UpgradePath, versionAtEnd } from './path.js';
import { tidy } from './retention.js';

/**
 * Makes the release that was come to the one that the container boots, once nobody is left in old code.
 *
 * @param instead a new container that takes its place if old code does not run out and that is wanted
 */
export async function commitPath(
  work: UpdateContext,
  path: UpgradePath,
  ended: UpdateResult,
  instead?: OpenUpdate,
): Promise<UpdateResult> {
  const { name, container, running, steps } = path;
  const { loads } = combined(steps);
  const final = { name, container, node: running.node, from: running.version, to: versionAtEnd(path), loads };
  if (instead === undefined) return await finish(work, final, ended);
  return await finish(work, final, ended, async (lingering) => {
    work.log.info(`${name}: ${lingering} processes stay in old code, and lingering is restart`);
    const restarted = await instead.apply();
    if (restarted.outcome === 'refused') {
      return { kept: `${restarted.message ?? `${name} was not changed.`} Its processes stay in old code.` };
    }
    const settled = restarted.outcome === 'deployed' ? await instead.commit(restarted) : restarted;
    return { ended: { ...settled, method: 'recreate' } };
  });
}

/** Lets old code run out, which may take long, while the way back is still open. */
export async function drained(
  work: UpdateContext,
  { node, loads }: { readonly node: Node; readonly loads: readonly string[] },
): Promise<readonly ProcessNote[]> {
  return await work.phase('drain', () => drain(work, node, loads));
}

/** What is to be final, and where. */
interface Final {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly node: Node;
  readonly from: string;
  readonly to: string;
  readonly loads: readonly string[];
}

/** What came of a new container; or why there is none, and the one that was upgraded runs on. */
type Instead = { readonly ended: UpdateResult } | { readonly kept: string };

async function finish(
  work: UpdateContext,
  final: Final,
  ended: UpdateResult,
  /** Where a new container is to take its place before anything is final: the image is at hand. */
  instead?: (lingering: number) => Promise<Instead>,
): Promise<UpdateResult> {
  const { name, node, from, to, loads, container } = final;
  await recordIfPossible(work, name, 'settle');
  const lingering = ended.lingering ?? (await drained(work, { node, loads }));
  const ends = lingering.length > 0 && work.inputs.lingering === 'restart';
  const replaced = ends && instead !== undefined ? await instead(lingering.length) : undefined;
  if (replaced !== undefined && 'ended' in replaced) {
    return replaced.ended;
  }
  // What came of the new container was written down last.
  if (replaced !== undefined) await recordIfPossible(work, name, 'settle');
  const restarts = ends && replaced === undefined;
  const refused = await work.phase('make permanent', () => makePermanent(work, node, to));
  if (refused !== undefined) {
    const otherwise = await whyUnlike(work, container.Id, to).catch(() => undefined);
    const runs = otherwise ?? `runs ${to}`;
    return {
      ...ended,
      outcome: 'failed',
      message: `${name} ${runs}, and ${to} could not be made permanent (${refused}): a restart of the container boots ${from}.`,
    };
  }
  if (restarts) {
    const failed = await work.phase('restart', () => work.down(() => restarted(work, container, to)));
    if (failed !== undefined) {
      return { ...ended, outcome: 'failed', message: `${name}: ${failed}` };
    }
  }
  await recordIfPossible(work, name, 'done');
  const tidied = restarts ? {} : await tidy(work, name, node, work.inputs.keep);
  const left = restarts ? [] : lingering;
  const proof = ended.proof && { ...ended.proof, processes: { ...ended.proof.processes, oldCode: left } };
  const kept = replaced === undefined ? [] : [replaced.kept];
  const warnings = [...(ended.warnings ?? []), ...kept, ...(tidied.warnings ?? [])];
  return { ...ended, ...tidied, lingering: left, ...(warnings.length > 0 && { warnings }), ...(proof && { proof }) };
}

/** The very container, which boots what has been made permanent; what went wrong, if anything did. */
async function restarted(
  work: UpdateContext,
  { Id: id }: ContainerDetails,
  version: string,
): Promise<string | undefined> {
  work.log.info('processes stay in old code, and lingering is restart: the container is restarted');
  try {
    await work.engine.stopContainer(id);
    await work.engine.startContainer(id);
  } catch (error) {
    return `it was to be restarted on ${version}, since processes stayed in old code: ${messageOf(error)}`;
  }
  return (await serving(work, id, [version])) === undefined
    ? `since it was restarted the node did not say that it runs ${version}. Check the container.`
    : undefined;
}

/** Why not, where it was refused, or where no answer came. */
export async function makePermanent(
  { clock }: Pick<UpdateContext, 'clock'>,
  node: Node,
  version: string,
): Promise<string | undefined> {
  const argument = text(version);
  const request = { set: 'install', module: 'hot_deploy_install', function: 'make_permanent', argument } as const;
  try {
    const made = await askAgain(clock, () =>
      node.ask<{ readonly result: string; readonly why?: string }>(request, isMade),
    );
    return made.result === 'permanent' ? undefined : (made.why ?? 'no reason given');
  } catch (error) {
    if (!isSilence(error)) throw error;
    return messageOf(error).replace(/\.$/, '');
  }
}

const isMade = membersOf({ result: isText, why: optional(isText) });
