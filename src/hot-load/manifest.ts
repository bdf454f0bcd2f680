import type { ConfigRequest } from '../node/config.js';
import type { Node } from '../node/node.js';
import type { Digests } from '../release/release.js';

/** Names and versions, as the configuration of a release is asked for. */
export type Applications = ConfigRequest['applications'];

/**
 * The modules of one directory of the code path, and the directory that takes its place. Digests are in hexadecimal; null where
 * there is no such module, directory, or, for consolidated protocols, application.
 */
export interface ModulesPart {
  readonly application: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly modules: readonly (readonly [name: string, from: string | null, to: string | null])[];
}

/**
 * Everything that it takes to go hot between two releases in one container, either way, without whoever made it. It lies
 * beside the relup, as long as that does.
 */
export interface UpgradeManifest {
  readonly schema: 1;
  readonly release: string;
  readonly from: string;
  readonly to: string;
  /** Ids of the images that the releases came from. */
  readonly images: { readonly from: string; readonly to: string };
  /** Those whose configuration is resolved. */
  readonly applications: { readonly from: Applications; readonly to: Applications };
  /** Of a way without a relup: what changes, as it changes on the way up. */
  readonly parts?: readonly ModulesPart[];
  readonly updates: readonly string[];
  readonly loads: readonly string[];
  /** Modules that are gone on the way up, and those that are on the way down. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Below the root, what only the one or the other of the two has. */
  readonly directories: { readonly from: readonly string[]; readonly to: readonly string[] };
  /** What a node runs before and after: what both have, what only the one, what only the other. */
  readonly modules: { readonly same: Digests; readonly from: Digests; readonly to: Digests };
  /** Of the files that the way up loads, and of those that the way down does, the relup among them. */
  readonly checksums: { readonly up: Checksums; readonly down: Checksums };
}

/** A file that `sha256sum -c` reads, its path below the release's root, and its own digest. */
export interface Checksums {
  readonly file: string;
  readonly sha256: string;
}

/** By which strategy all of these are gone: `modules` needs no release_handler. */
export function strategyOf(ways: readonly Pick<UpgradeManifest, 'parts'>[]): 'relup' | 'modules' {
  return ways.every(({ parts }) => parts !== undefined) ? 'modules' : 'relup';
}

export type Direction = 'up' | 'down';

/** Where a way lies, by the version that it leads to; what `sha256sum` made of it and of all that came with it. */
export const manifestFile = (version: string) => `releases/${version}/hot-deploy.json`;
export const sumsUp = (version: string) => `releases/${version}/hot-deploy.sha256`;
/** What a relup tells supervisors by. */
export const helperFile = (version: string) => `releases/${version}/hot_deploy_step.beam`;
export const sumsDown = (version: string) => `releases/${version}/hot-deploy-down.sha256`;

/** What to switch, from where to where. Up and down are the same thing with other names. */
export interface InstallRequest {
  readonly node: Node;
  readonly root: string;
  readonly from: string;
  readonly to: string;
  readonly direction: 'up' | 'down';
  readonly applications: ConfigRequest['applications'];
  /** Absent where it goes by a relup. */
  readonly parts?: readonly ModulesPart[];
  readonly updates: readonly string[];
  readonly loads: readonly string[];
  /** Modules that must be gone afterwards. */
  readonly gone: readonly string[];
  readonly checksums: { readonly file: string; readonly sha256: string };
  readonly suspendTimeoutMs: number;
}

export function upgradeRequest(
  way: UpgradeManifest,
  node: Node,
  root: string,
  suspendTimeoutMs: number,
): InstallRequest {
  return {
    ...common(way, node, root, suspendTimeoutMs),
    from: way.from,
    to: way.to,
    direction: 'up',
    applications: way.applications.to,
    gone: way.removed,
    checksums: way.checksums.up,
    ...(way.parts && { parts: way.parts }),
  };
}

export function downgradeRequest(
  way: UpgradeManifest,
  node: Node,
  root: string,
  suspendTimeoutMs: number,
): InstallRequest {
  return {
    ...common(way, node, root, suspendTimeoutMs),
    from: way.to,
    to: way.from,
    direction: 'down',
    applications: way.applications.from,
    gone: way.added,
    checksums: way.checksums.down,
    ...(way.parts && { parts: way.parts.map(turned) }),
  };
}

function turned({ application, from, to, modules }: ModulesPart): ModulesPart {
  return { application, from: to, to: from, modules: modules.map(([name, old, fresh]) => [name, fresh, old]) };
}

function common({ updates, loads }: UpgradeManifest, node: Node, root: string, suspendTimeoutMs: number) {
  return { node, root, updates, loads, suspendTimeoutMs };
}

/** The version that a node runs once it has gone this way. */
export function target(way: UpgradeManifest, direction: Direction): string {
  return direction === 'up' ? way.to : way.from;
}

/**
 * Modules of a node that are not what they are at one end of the way. What belongs to neither release is left out, and so
 * is what both have and the node does not: an application that is not loaded everywhere.
 */
export function mismatches(way: UpgradeManifest, end: 'from' | 'to', actual: Digests): readonly string[] {
  const own = way.modules[end];
  const other = way.modules[end === 'from' ? 'to' : 'from'];
  // A module that its application names and that has no file is told as null.
  const there = (module: string) => typeof actual[module] === 'string';
  return [
    ...Object.keys(own).filter((module) => actual[module] !== own[module]),
    ...Object.keys(other).filter((module) => !(module in own) && there(module)),
    ...Object.keys(way.modules.same).filter((module) => there(module) && actual[module] !== way.modules.same[module]),
  ].sort();
}
