import type { Node } from '../node/node.js';
import { binary, map } from '../node/term.js';
import type { RunningRelease } from './release.js';
import type { Shape } from './shape.js';
import type { Tree } from './supervision.js';

/** What others find by name in a release that runs. */
export interface Registrations {
  /** Registered processes, locally and globally. */
  readonly names: readonly string[];
  /** Named ETS tables: `{name,type,protection,keypos}`. */
  readonly tables: readonly string[];
  /** Keys of persistent terms. */
  readonly terms: readonly string[];
}

/** What a release that runs has made of itself, as far as two boots of it agree. */
export interface Facts {
  readonly identity: Pick<RunningRelease, 'version' | 'osPid' | 'uptimeMs' | 'modules' | 'applications'>;
  readonly tree: Tree;
  readonly registrations: Registrations;
  /** `[Application, Key, Fingerprint]` of the whole environment. */
  readonly settings: readonly (readonly [application: string, key: string, fingerprint: string])[];
  /** The states of supervised workers, by their place in the tree and their callback module. */
  readonly states: readonly ProcessState[];
}

export interface ProcessState {
  /** Ids from the application down; `*` for the children of a dynamic supervisor. */
  readonly place: string;
  readonly module: string;
  readonly shape: Shape;
}

/** The facts of a node that has booted; fingerprints of two nodes are comparable where the salt is one. */
export async function readFacts(node: Node, salt: string): Promise<Facts> {
  return (await node.ask({
    set: 'facts',
    module: 'hot_deploy_facts',
    function: 'read',
    argument: map({ salt: binary(salt) }),
  })) as Facts;
}

/** The same as soon as the boot script has run to its end; undefined before. */
export async function factsOnceBooted(node: Node, salt: string): Promise<Facts | undefined> {
  const answer = (await node.ask({
    set: 'facts',
    module: 'hot_deploy_facts',
    function: 'booted',
    argument: map({ salt: binary(salt) }),
  })) as { readonly booted: true; readonly facts: Facts } | { readonly booted: false };
  return answer.booted ? answer.facts : undefined;
}
