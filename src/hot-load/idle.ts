import type { Engine } from '../engines/engine.js';
import { AgentError } from '../node/agent.js';
import { type Node, NodeUnreachable } from '../node/node.js';
import { evaluateInput } from '../node/shell.js';
import { map, text } from '../node/term.js';
import { inside } from '../node/vm.js';
import { isNote, type ProcessNote } from '../release/processes.js';
import type { Clock } from '../system/log.js';
import { poll } from '../system/poll.js';
import { isFlag, listOf, membersOf } from '../system/shape.js';

/*
 * Of a run that is killed an exec goes on in the container, since the engine cannot stop one. What that means, as measured
 * on OTP 25 and 27 with docker 20.10 (test/e2e/way-back-killed.e2e.ts shows it):
 *
 * - A script that still waits for its word reads the end of its input instead, and ends without having asked the node.
 * - An installation that has begun is carried out to its end: all that is lost is the answer. Nobody stays held, the
 *   resolved configuration leaves the disk, and the agent is unloaded.
 * - Nobody may ask the node anything by the agent meanwhile: unloading it purges, and that ends whoever runs in it, which is
 *   the installation. release_handler alone goes on then, and what was to be put back after it is not. So scripts are looked
 *   for first, and the node is asked where there are none.
 * - So whoever comes next has to wait, and then to ask what runs.
 *
 * A run that stands still keeps its script, which waits for its word. That one is waited for as long as one may take that has
 * had it; then the node is asked all the same, which turns away whatever an earlier run has it asked from there on.
 */

// A script of a run has hot-deploy for its $0, and this one another name. What a VM that resolves a configuration was told
// comes by the environment, which is no command line to be found by.
const look = `
${inside}
line='
'
for d in /proc/[0-9]*; do
  [ -z "$shared" ] || inside "$d" || continue
  words=$(tr '\\000' '\\n' 2>/dev/null <"$d/cmdline") || continue
  case $words$line in
    "sh$line-c$line"*"\${line}hot-deploy$line"*) echo "\${d#/proc/} script" ;;
    *"$line$HOT_DEPLOY_LOOK$line"*) echo "\${d#/proc/} resolver" ;;
  esac
done`;

const lookMs = 250;
/** A script that has its word looks at the files of a release, and then asks the node. */
export const scriptMs = 30_000;

/**
 * Where an installation is under way nothing is known yet; `false` after `timeoutMs` of waiting. Without a node only scripts
 * are waited for, which is what has to be done before a node is asked for the first time.
 */
export async function waitUntilIdle(
  { engine, clock }: { readonly engine: Engine; readonly clock: Clock },
  container: string,
  node: Node | undefined,
  timeoutMs = 180_000,
): Promise<boolean> {
  const since = clock.now();
  const isIdle = async () => {
    if ((await busy(engine, container)) && (node === undefined || clock.now() - since < scriptMs)) return false;
    return node === undefined || !(await installing(node));
  };
  return (
    (await poll(clock, { everyMs: lookMs, withinMs: timeoutMs }, async () => (await isIdle()) || undefined)) ?? false
  );
}

/** Whether a script of some run goes on in the container, or a VM that one has started. */
async function busy(engine: Engine, container: string): Promise<boolean> {
  const { stdout } = await engine.exec(container, {
    argv: ['sh', '-c', look, 'hot-deploy-look'],
    environment: { HOT_DEPLOY_LOOK: evaluateInput },
    timeoutMs: 30_000,
  });
  return stdout.toString('utf8').trim() !== '';
}

async function installing(node: Node): Promise<boolean> {
  try {
    return (await lookAt(node, [])).installing;
  } catch (error) {
    // It boots again after an installation has failed, or is gone: either way nobody installs on it.
    if (error instanceof NodeUnreachable) {
      return false;
    }
    if (error instanceof AgentError && error.code === 'busy') {
      return true;
    }
    throw error;
  }
}

/**
 * Processes that an upgrade of these modules would hold and that are held, while nobody upgrades them: an installation that
 * was ended by force, with the VM's own means, has left them so. Nobody can tell who held them.
 */
export async function suspendedByUs(node: Node, updates: readonly string[]): Promise<readonly ProcessNote[]> {
  return (await lookAt(node, updates)).held;
}

/** Lets them run on; answers those that did not let themselves be told. */
export async function resume(node: Node, updates: readonly string[]): Promise<readonly ProcessNote[]> {
  const argument = map({ updates: updates.map(text) });
  const request = { set: 'held', module: 'hot_deploy_held', function: 'resume', argument } as const;
  return (await node.ask(request, membersOf({ unanswering: listOf(isNote) }))).unanswering;
}

async function lookAt(
  node: Node,
  updates: readonly string[],
): Promise<{ readonly installing: boolean; readonly held: readonly ProcessNote[] }> {
  const argument = map({ updates: updates.map(text) });
  const request = { set: 'held', module: 'hot_deploy_held', function: 'look', argument } as const;
  return await node.ask(request, membersOf({ installing: isFlag, held: listOf(isNote) }));
}
