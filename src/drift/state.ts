import { type Fingerprints, isFingerprints } from '../node/config.js';
import type { Node } from '../node/node.js';
import { atom, binary, map } from '../node/term.js';
import { isNote, type ProcessNote } from '../release/processes.js';
import { isTree, type Tree } from '../release/tree.js';
import { either, type Is, isInstant, isText, listOf, membersOf, oneOf } from '../system/shape.js';

/** What a node has become since it booted. */
export interface NodeState {
  /** Milliseconds since 1970, by the clock of the container's host. */
  readonly bootedAt: number;
  /** As release_handler knows them; none without sasl. */
  readonly releases: readonly { readonly name: string; readonly version: string; readonly status: string }[];
  readonly tree: Tree;
  readonly environment: Fingerprints;
  /** Modules of loaded applications that a boot loads and that are not loaded. */
  readonly unloaded: readonly string[];
  /** Loaded modules of which there is no file. */
  readonly foreign: readonly string[];
  /** Of the modules that were asked for, what a restart would load; `null` where there is no such file. */
  readonly files: readonly {
    readonly module: string;
    readonly digest: string | null;
    /** Milliseconds since 1970. */
    readonly changedAt: number | null;
  }[];
  readonly oldCode: readonly ProcessNote[];
  readonly suspended: readonly ProcessNote[];
}

/** Looking for processes in old code asks each of them. */
const timeoutMs = 120_000;

/** `modules` are known to the node already: asking makes no atoms there. */
export async function readState(node: Node, salt: string, modules: readonly string[] = []): Promise<NodeState> {
  const argument = map({ salt: binary(salt), modules: modules.map(atom) });
  const request = { set: 'drift', module: 'hot_deploy_drift', function: 'read', argument } as const;
  return await node.ask(request, isState, timeoutMs);
}

const isState: Is<NodeState> = membersOf({
  ...{ bootedAt: isInstant, tree: isTree, environment: isFingerprints },
  releases: listOf(membersOf({ name: isText, version: isText, status: isText })),
  ...{ unloaded: listOf(isText), foreign: listOf(isText), oldCode: listOf(isNote), suspended: listOf(isNote) },
  files: listOf(
    membersOf({
      ...{ module: isText, digest: either(isText, oneOf(null)), changedAt: either(isInstant, oneOf(null)) },
    }),
  ),
});
