import { posix } from 'node:path';
import { EngineError } from '../engines/call.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine, ExecCommand } from '../engines/engine.js';
import { isNode } from '../engines/names.js';
import { Node } from '../node/node.js';
import { evaluateThere, leave, NodeCutOff, type Relayed, relay } from '../node/relay.js';
import type { Reach } from '../node/shell.js';
import { map } from '../node/term.js';
import { findVms, search } from '../node/vm.js';
import { Refusal } from '../reasons/refusal.js';
import { isText, listOf, membersOf, orNothing } from '../system/shape.js';
import { means, type Selector } from './selector.js';

/** What only the user knows of the nodes in the containers. */
export interface Known {
  readonly nodeName?: string;
  readonly cookie?: string;
}

/** A node in a container that was selected, through which the others are reached. */
interface Entrance {
  readonly container: ContainerDetails;
  readonly reach: Reach;
}

/**
 * The engine with the nodes of the cluster as further containers, by their names: what is executed in one, or taken out of it,
 * goes through the first container that is selected, over the connection that the two nodes have. Such a node has the settings of
 * that container, as far as anybody knows; it cannot be stopped or made anew. `leave` takes away
 * what that has brought into the nodes.
 */
export function withNodes(
  engine: Engine,
  { selectors, known }: { readonly selectors: readonly Selector[]; readonly known: Known },
): { readonly engine: Engine; leave(): Promise<void> } {
  let found: Promise<Entrance> | undefined;
  const reached = new Set<string>();
  /** Another may be the first one after a while: it is looked for again once it has not led there. */
  const through = async <T>(node: string, work: (entrance: Entrance) => Promise<T>): Promise<T> => {
    reached.add(node);
    found ??= entranceOf(engine, selectors, known);
    try {
      return await work(await found);
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
  /** When each node answered last, and since when its VM runs. */
  const seen = new Map<string, { readonly at: number; readonly started: number }>();
  const asking = (node: string, ask: (reach: Reach) => Promise<Relayed>) =>
    through(node, async ({ reach }) => {
      const result = await ask(reach);
      seen.set(node, { at: performance.now(), started: result.started });
      return result;
    });
  const exec = (node: string, command: ExecCommand) => asking(node, (reach) => relay(reach, node, command));
  const evaluate = (node: string, source: string, timeoutMs: number) =>
    asking(node, (reach) => evaluateThere(reach, node, source, timeoutMs));
  const run = (node: string, argv: readonly string[], stdin: string | Buffer = '') =>
    exec(node, { argv, stdin, timeoutMs: 120_000 });
  const find = async (node: string) => {
    const known = seen.get(node);
    const isFresh = known !== undefined && performance.now() - known.at < freshMs;
    const answer = isFresh ? known : await evaluate(node, 'ok.', 10_000).catch(undefinedIfCutOff);
    return await through(node, async ({ container }) => detailsOf(container, node, answer?.started));
  };
  /** What is searched for in the VM of each node: the same as long as it is the same VM. */
  const searched = new Map<string, Relayed>();
  const searchIn = async (node: string, command: ExecCommand) => {
    const known = searched.get(node);
    if (known !== undefined && known.started === seen.get(node)?.started) return known;
    const result = await exec(node, command);
    searched.set(node, result);
    return result;
  };
  const whole: Engine = {
    ...engine,
    exec: async (id, command) =>
      isNode(id)
        ? await (command.argv.includes(search) ? searchIn : exec)(id, command)
        : await engine.exec(id, command),
    evaluate: (id, source, timeoutMs) => (isNode(id) ? evaluate(id, source, timeoutMs) : undefined),
    findContainer: async (id) => (isNode(id) ? await find(id) : await engine.findContainer(id)),
    inspectContainer: async (id) => (isNode(id) ? await find(id) : await engine.inspectContainer(id)),
    logs: async (id, lines) => (isNode(id) ? '' : await engine.logs(id, lines)),
    startContainer: async (id) => (isNode(id) ? elsewhere(id) : await engine.startContainer(id)),
    stopContainer: async (id, seconds) => (isNode(id) ? elsewhere(id) : await engine.stopContainer(id, seconds)),
    putArchive: async (id, path, tar) => {
      if (!isNode(id)) return await engine.putArchive(id, path, tar);
      const { exitCode, stderr } = await run(id, ['tar', '-xpf', '-', '-C', path], tar);
      if (exitCode !== 0)
        throw new EngineError(`Could not unpack at ${path} on ${id}: ${stderr.toString('utf8').trim()}.`, {
          cause: stderr,
        });
    },
    getArchive: async (id, path, mostBytes) => {
      if (!isNode(id)) return await engine.getArchive(id, path, mostBytes);
      const { exitCode, stdout, stderr } = await run(id, [
        'sh',
        '-c',
        taking,
        'sh',
        path,
        posix.dirname(path),
        posix.basename(path),
      ]);
      if (exitCode === absent) return undefined;
      if (exitCode !== 0)
        throw new EngineError(`Could not read ${path} on ${id}: ${stderr.toString('utf8').trim()}.`, { cause: stderr });
      return stdout;
    },
  };
  return {
    engine: whole,
    leave: async () => {
      const all = [...reached].map((node) => through(node, ({ reach }) => leave(reach, node)).catch(() => undefined));
      await Promise.all(all);
    },
  };
}

/** A node that has answered within this time is not asked whether it runs. */
const freshMs = 1_000;

function undefinedIfCutOff(error: unknown): undefined {
  if (!(error instanceof NodeCutOff)) throw error;
}

function elsewhere(node: string): never {
  throw new EngineError(`${node} runs in none of the containers, so it cannot be started or stopped from here.`, {
    cause: undefined,
  });
}

const absent = 44;
const taking = `[ -e "$1" ] || [ -L "$1" ] || exit ${absent}; cd "$2" && exec tar -cf - "$3"`;

async function entranceOf(engine: Engine, selectors: readonly Selector[], known: Known): Promise<Entrance> {
  for (const { id } of (await engine.containers()).filter((each) => selectors.some((one) => means(one, each)))) {
    const container = await engine.findContainer(id);
    if (!container?.State.Running) continue;
    const reach = await reachOf(engine, container, known);
    if (reach !== undefined) return { container, reach };
  }
  throw new NodeCutOff('None of the containers has a node through which others could be reached.');
}

/** Undefined where the node in a container cannot be asked. */
async function reachOf(
  engine: Engine,
  { Id: container }: ContainerDetails,
  { nodeName, cookie }: Known,
): Promise<Reach | undefined> {
  const vms = (await findVms(engine, container)).filter(
    ({ distribution }) => nodeName === undefined || distribution?.node.split('@')[0] === nodeName.split('@')[0],
  );
  const [vm, ...others] = vms;
  if (vm?.distribution === undefined || others.length > 0) return undefined;
  return { engine, container, vm, ...(cookie !== undefined && { cookie }) };
}

/** As the engine would describe a container in which such a node runs; since when it runs is undefined where it does not answer. */
function detailsOf(entrance: ContainerDetails, node: string, started: number | undefined): ContainerDetails {
  const { Healthcheck: _, ...config } = entrance.Config;
  const running = started !== undefined;
  const instant = new Date(started ?? 0).toISOString();
  return {
    ...entrance,
    ...{ Id: node, Name: `/${node}`, Created: instant, RestartCount: 0 },
    State: { ...entrance.State, Status: running ? 'running' : 'exited', Running: running, StartedAt: instant },
    Config: { ...config, Hostname: node.slice(node.indexOf('@') + 1), Labels: {} },
    NetworkSettings: { ...entrance.NetworkSettings, Networks: {}, Ports: {} },
  };
}

/** Each is asked at once: a node that was broken into could name any number. */
const mostNodes = 200;

const isSeeing = membersOf({
  ...{ node: isText, sees: listOf(isText) },
  views: listOf(membersOf({ node: isText, sees: orNothing(listOf(isText)) })),
});

/**
 * The nodes of the cluster that are in none of the containers, as all nodes see it together.
 *
 * @throws Refusal where a node does not answer, or two of them see different clusters
 */
export async function nodesBeside(
  engine: Engine,
  containers: readonly ContainerDetails[],
  known: Known,
): Promise<readonly string[]> {
  const argument = map({});
  const seen = await Promise.all(
    containers.map(async (container) => {
      const reach = await reachOf(engine, container, known);
      if (reach === undefined)
        throw new Refusal(
          `The node in ${nameOf(container)} cannot be asked, so the nodes of its cluster are not known.`,
        );
      return await new Node(reach).ask(
        { set: 'node', module: 'hot_deploy_node', function: 'connected', argument },
        isSeeing,
      );
    }),
  );
  const views = new Map(
    seen.flatMap(({ node, sees, views: others }) => [
      ...others.map((each) => [each.node, each.sees ?? undefined] as const),
      [node, sees] as const,
    ]),
  );
  const own = new Set(seen.map(({ node }) => node));
  const all = [...new Set([...views].flatMap(([node, sees = []]) => [node, ...sees]))].sort();
  for (const [node, sees] of views) {
    if (sees === undefined)
      throw new Refusal(`${node} is in the cluster and does not answer. Look at its connections, and try again.`);
    const missing = all.filter((other) => other !== node && !sees.includes(other));
    if (missing.length > 0) {
      throw new Refusal(
        `${node} is not connected to ${missing.join(', ')}: the cluster is not whole. Look at its connections, and try again.`,
      );
    }
  }
  if (all.length > mostNodes) {
    throw new Refusal(
      `The cluster has ${all.length} nodes by what its nodes say, and hot-deploy reaches at most ${mostNodes} at once.`,
    );
  }
  const odd = all.find((node) => !/^[\w.+-]+@[\w.:-]+$/.test(node));
  if (odd !== undefined)
    throw new Refusal(`${JSON.stringify(odd)} is in the cluster, and no name that a node of a release has.`);
  return all.filter((node) => !own.has(node));
}
