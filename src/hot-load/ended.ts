import type { Node } from '../node/node.js';
import { map, text } from '../node/term.js';
import { plainName } from '../release/modules.js';
import { messageOf } from '../system/message-of.js';
import { isText, listOf } from '../system/shape.js';
import type { AfterSwitch } from './switch.js';

/** What the report says of processes with new code that did not live through the soak. */
export async function endedWarnings(name: string, node: Node, after: AfterSwitch): Promise<readonly string[]> {
  const ended = await endedProcesses(node, after).catch((error: unknown) => [
    `hot-deploy could not ask which processes ended during the soak: ${messageOf(error)}`,
  ]);
  return ended.map((what) => `${name}: ${what}`);
}

/** Open pages and channels among them, by the module that they ran. */
async function endedProcesses(node: Node, { watched = [] }: AfterSwitch): Promise<readonly string[]> {
  if (watched.length === 0) return [];
  const argument = map({ pids: watched.map(({ pid }) => text(pid)) });
  const request = { set: 'node', module: 'hot_deploy_hosts', function: 'ended', argument } as const;
  const ended = new Set(await node.ask(request, listOf(isText)));
  const modules = [...new Set(watched.map(({ module }) => module))];
  return modules.flatMap((module) => {
    const own = watched.filter((each) => each.module === module);
    const count = own.filter(({ pid }) => ended.has(pid)).length;
    return count === 0
      ? []
      : [`${count} of ${own.length} processes that ran ${plainName(module)} ended during the soak`];
  });
}
