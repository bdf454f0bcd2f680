import type { Node } from '../node/node.js';
import { binary, map, text } from '../node/term.js';
import { secretName, secrets } from '../system/secrets.js';
import { type Is, isAtom, isText, listOf, membersOf, optional, tupleOf } from '../system/shape.js';
import { isNodeIdentity, type RunningRelease } from './release.js';
import { isShape, type Shape } from './shape.js';
import { isTree, type Tree } from './tree.js';

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
  /** `[Application, Key, Sketch]` of the whole environment. */
  readonly settings: readonly (readonly [application: string, key: string, sketch: string])[];
  /** Absent where nobody compares them. */
  readonly contents?: Contents;
  /** The states of supervised workers, by their place in the tree and their callback module. */
  readonly states: readonly ProcessState[];
}

export interface ProcessState {
  /** Ids from the application down; `*` for the children of a dynamic supervisor. */
  readonly place: string;
  readonly module: string;
  readonly shape: Shape;
  /** The state with a fingerprint in the place of each value. */
  readonly sketch?: string;
}

/** What stands in a node's tables and persistent terms. */
export interface Contents {
  readonly tables: readonly Table[];
  /** Tables that are too large or could not be read. */
  readonly skipped: readonly string[];
}

export interface Table {
  /** Place of its owner, name, and number among those alike. */
  readonly table: string;
  readonly rows: readonly Row[];
}

export interface Row {
  /** Absent if it is long or could be a secret. */
  readonly key?: string;
  /** A sketch of the row. */
  readonly row: string;
}

const isNames = listOf(isText);

export const isRegistrations: Is<Registrations> = membersOf({ names: isNames, tables: isNames, terms: isNames });

const isContents: Is<Contents> = membersOf({
  tables: listOf(membersOf({ table: isText, rows: listOf(membersOf({ key: optional(isText), row: isText })) })),
  skipped: isNames,
});

const isFacts: Is<Facts> = membersOf({
  ...{ identity: isNodeIdentity, tree: isTree, registrations: isRegistrations, contents: optional(isContents) },
  settings: listOf(tupleOf(isAtom, isText, isText)),
  states: listOf(membersOf({ place: isText, module: isText, shape: isShape, sketch: optional(isText) })),
});

/** Only of a node that serves nobody: tables are copied, and private ones are read inside their owners. */
export async function readContents(node: Node, salt: string): Promise<Contents> {
  const argument = map({ salt: binary(salt) });
  return await node.ask({ set: 'facts', module: 'hot_deploy_contents', function: 'read', argument }, isContents);
}

/**
 * The facts of a node that has booted, its contents too; fingerprints of two nodes are comparable if the salt is one.
 *
 * @param given names of variables that only this boot has so: what comes from them is never carried elsewhere
 */
export async function readFacts(node: Node, salt: string, given: readonly string[] = []): Promise<Facts> {
  const argument = map({ salt: binary(salt), given: given.map(text), contents: true });
  return await node.ask({ set: 'facts', module: 'hot_deploy_facts', function: 'read', argument }, isFacts);
}

/** What a node says of its secrets, to know them in what its container writes. */
export interface Telling {
  /** Texts. */
  readonly secrets?: readonly string[];
}

/** No release has more; each is looked for in whatever is shown. */
const mostSecrets = 500;

export const isTelling: Is<Telling> = membersOf({ secrets: optional(isNames) });

/** Keeps them from being shown; the names of applications are shown everywhere, also where somebody has one for a cookie. */
export function learnFrom({ secrets: told = [] }: Telling, applications: readonly { readonly name: string }[]): void {
  secrets.publish(...applications.map(({ name }) => name));
  for (const secret of told.slice(0, mostSecrets)) secrets.add(secret);
}

const isBooted: Is<{ readonly facts?: Facts } & Telling> = membersOf({
  ...{ facts: optional(isFacts), secrets: optional(isNames) },
});

/** Milliseconds that one question waits inside a node that boots. Between two questions the caller sees whether the container still runs. */
const bootingMs = 5_000;

/** The facts without contents, once the boot script has run to its end and they stay as they are; undefined if that takes longer. */
export async function factsOnceBooted(
  node: Node,
  salt: string,
  given: readonly string[] = [],
): Promise<Facts | undefined> {
  const argument = map({ salt: binary(salt), given: given.map(text), secrets: binary(secretName), within: bootingMs });
  const request = { set: 'facts', module: 'hot_deploy_facts', function: 'booted', argument, boots: true } as const;
  const { facts, ...telling } = await node.ask(request, isBooted, 60_000);
  learnFrom(telling, facts?.identity.applications ?? []);
  return facts;
}
