import type { Node } from '../node/node.js';
import { atom, map } from '../node/term.js';
import { isNote, type ProcessNote } from '../release/processes.js';
import type { UpdateContext } from '../strategies/context.js';
import { poll } from '../system/poll.js';
import { listOf, membersOf } from '../system/shape.js';

const lookMs = 500;

/**
 * Waits until nobody is inside old code, `drain` at most, and answers who still is. By `lingering` they are left there,
 * which costs memory and closes the hot way for the next upgrade of the same module, or ended. A run that is cancelled waits
 * no longer, and ends nobody.
 */
export async function drain(
  work: UpdateContext,
  node: Node,
  modules: readonly string[],
): Promise<readonly ProcessNote[]> {
  const { clock, inputs, signal } = work;
  let lingering: readonly ProcessNote[] = [];
  await poll(clock, { everyMs: lookMs, withinMs: inputs.drainMs, signal }, async () => {
    lingering = await unload(node, modules, false);
    return lingering.length === 0 || signal.aborted || undefined;
  });
  if (lingering.length === 0) return [];
  if (inputs.lingering === 'kill' && !signal.aborted) return await unload(node, modules, true);
  work.log.warning(`${lingering.length} processes are still inside old code after the drain`);
  return lingering;
}

async function unload(node: Node, modules: readonly string[], kill: boolean): Promise<readonly ProcessNote[]> {
  const argument = map({ modules: modules.map(atom), kill });
  const call = { set: 'node', module: 'hot_deploy_node', function: 'unload_old', argument } as const;
  const request = { ...call, changes: true } as const;
  return (await node.ask(request, membersOf({ lingering: listOf(isNote) }))).lingering;
}
