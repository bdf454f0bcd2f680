import type { Node } from '../node/node.js';
import type { UpdateContext } from '../strategies/context.js';
import { recordIfPossible } from '../strategies/record.js';
import { messageOf } from '../system/message-of.js';
import { askAgain, isSilence } from './again.js';
import { type Brought, unstage } from './switch.js';

/** Takes away what was brought for a path that is not gone. */
export async function abandon(
  work: UpdateContext,
  {
    name,
    running,
    brought,
  }: { readonly name: string; readonly running: { readonly node: Node }; readonly brought?: Brought },
): Promise<void> {
  await undone(work, name, running.node, brought);
}

/** Takes away what was brought, and writes down that nothing is left to do; what was left for the next run, if anything was. */
export async function undone(
  work: UpdateContext,
  name: string,
  node: Node,
  brought: Brought | undefined,
): Promise<string | undefined> {
  try {
    if (brought !== undefined) await work.phase('unstage', () => askAgain(work.clock, () => unstage(node, brought)));
  } catch (error) {
    if (!isSilence(error)) throw error;
    // Nothing reads it, and the journal tells the next run to take it away.
    const left = `${name}: what was brought for ${brought?.to} was left, and the next run takes it away: ${messageOf(error)}`;
    work.log.warning(left);
    return left;
  }
  await recordIfPossible(work, name, 'undone');
  return undefined;
}
