import type { Earlier } from '../deployment/report.js';
import type { Node } from '../node/node.js';
import { map } from '../node/term.js';
import type { UpdateContext } from '../strategies/context.js';
import { messageOf } from '../system/message-of.js';
import { isNumber, isText, listOf, membersOf } from '../system/shape.js';

/**
 * Keeps the newest releases in a container and deletes the others' files.
 *
 * @param keep how many stay beside the one that runs
 */
export async function prune(
  node: Node,
  keep: number,
): Promise<Pick<Earlier, 'releases' | 'removed'> & { readonly bytesFreed: number }> {
  const request = { set: 'shelf', module: 'hot_deploy_shelf', function: 'prune', argument: map({ keep }) } as const;
  const answer = await node.ask(request, isPruned, pruneTimeoutMs);
  return { releases: answer.kept, removed: answer.removed, bytesFreed: answer.bytesFreed };
}

const pruneTimeoutMs = 120_000;
const isPruned = membersOf({
  ...{ kept: listOf(membersOf({ version: isText, bytes: isNumber })), removed: listOf(isText), bytesFreed: isNumber },
});

/** The same once a release is final, when nothing that is left lying is worth a failure. */
export async function tidy(
  { phase, log }: Pick<UpdateContext, 'phase' | 'log'>,
  name: string,
  node: Node,
  keep: number,
): Promise<{ readonly earlier?: Earlier; readonly warnings?: readonly string[] }> {
  try {
    const { releases, removed, bytesFreed } = await phase('tidy up', () => prune(node, keep));
    if (removed.length > 0) {
      log.info(`${name}: removed ${removed.join(', ')}, ${(bytesFreed / 1e6).toFixed(1)} MB`);
    }
    return { earlier: { containers: [], releases, removed, ...(removed.length > 0 && { bytesFreed }) } };
  } catch (error) {
    const why = messageOf(error);
    const warning = `${name}: releases that are no longer needed could not be removed: ${why}`;
    log.warning(warning);
    return { warnings: [warning] };
  }
}
