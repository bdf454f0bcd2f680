import type { Rehearsal } from '../deployment/rehearsal.js';
import type { Proof } from '../deployment/report.js';
import type { TreeDrift } from '../release/drift.js';
import type { Facts, Registrations } from '../release/facts.js';
import { missingRegistrations } from '../release/registrations.js';
import { expectedModules, type ImageRelease, type RunningRelease } from '../release/release.js';
import { comparable, countNodes, type Tree } from '../release/supervision.js';
import { placesOf, treeDifferences } from '../release/tree-differences.js';
import type { UpgradeMaterial } from './plan.js';
import type { AfterSwitch } from './switch.js';

/** What a node that was upgraded is held against. */
export interface Measure {
  readonly release: ImageRelease;
  /** A cold boot of the release; absent where none came up. */
  readonly booted?: Pick<Facts, 'tree' | 'registrations'>;
  /** In what the node differed before from a boot of what ran: none of it is the upgrade's doing. */
  readonly drift?: readonly TreeDrift[];
  /** The supervision tree of a boot of what ran. */
  readonly was?: Tree;
  /** Where funs that outlive their code were not looked for. */
  readonly unseen?: readonly string[];
  /** The same upgrade on a throw-away container; absent where none was tried. */
  readonly rehearsed?: { readonly before: Registrations; readonly after: Registrations };
}

/** What the plan has gathered to hold a node against. */
export function measure(
  {
    next,
    boot,
    oldBoot,
    drift,
    unseen = [],
  }: Pick<UpgradeMaterial, 'next' | 'boot'> & Partial<Pick<UpgradeMaterial, 'oldBoot' | 'drift' | 'unseen'>>,
  rehearsal: Rehearsal | undefined,
): Measure {
  return {
    release: next,
    unseen,
    ...(drift && { drift }),
    ...(oldBoot?.kind === 'booted' && { was: oldBoot.facts.tree }),
    ...(boot.kind === 'booted' && { booted: boot.facts }),
    ...(rehearsal?.kind === 'passed' && { rehearsed: rehearsal }),
  };
}

/** The node before the switch. */
export type Before = Pick<RunningRelease, 'osPid' | 'applications'> & { readonly tree: Tree };

/** Compares what runs with what a cold boot of the release would be; pure. */
export function prove(
  { release, booted, rehearsed, drift = [], was = {}, unseen = [] }: Measure,
  before: Before,
  after: AfterSwitch,
): Proof {
  const { identity } = after;
  const tree = booted?.tree;
  const loaded = new Map(identity.applications.map(({ name, version }) => [name, version]));
  const here = release.applications.filter(({ name }) => loaded.has(name));
  // A consolidated protocol that the node cannot find is none of what runs; any other module it has to find.
  const own = new Set(here.flatMap(({ modules }) => Object.keys(modules)));
  const expected = Object.entries(expectedModules({ ...release, applications: here })).filter(
    ([module]) => own.has(module) || identity.modules[module] !== undefined,
  );
  const modules = matching(expected, identity.modules, after.remaining);
  const protocols = matching(
    Object.entries(release.protocols).filter(([module]) => identity.modules[module] !== undefined),
    identity.modules,
  );
  const versions = release.applications
    .filter(({ name, mode, version }) => mode !== 'none' && loaded.get(name) !== version)
    .map(({ name, version }) => `${name} is ${loaded.get(name) ?? 'not loaded'} instead of ${version}`);
  const nodes = tree === undefined ? 0 : countNodes(comparable(tree));
  const drifted = new Set(drift.map(({ what }) => what));
  const unlike =
    tree === undefined
      ? []
      : treeDifferences(after.tree.applications, tree, hadEnded(before, was)).filter((what) => !drifted.has(what));
  const supervision = matched(nodes, unlike);
  const registered = booted && missingRegistrations(booted.registrations, after.registered, rehearsed);
  const registrations = matched(registered?.expected ?? 0, registered?.differing ?? []);
  const sameProcess = identity.osPid === before.osPid;
  return {
    modules,
    versions: Object.fromEntries([
      [release.name, identity.version],
      ...identity.applications.map(({ name, version }) => [name, version]),
    ]),
    environment: after.environment,
    protocols,
    supervision,
    registrations,
    processes: { oldCode: after.oldCode, notMigrated: after.notMigrated ?? [] },
    vm: { sameProcess, uptimeMs: identity.uptimeMs },
    notCompared: [
      ...(booted === undefined
        ? [
            'supervision tree, names, tables and persistent terms: the new release did not boot in a container of its own',
          ]
        : []),
      ...(booted !== undefined && rehearsed === undefined
        ? ['names, tables and persistent terms that are new: the upgrade was not rehearsed']
        : []),
      ...unseen.map((place) => `whether ${place} keeps funs of code that is gone`),
    ],
    converged:
      identity.version === release.version &&
      [
        modules.differing,
        versions,
        after.environment.differing,
        protocols.differing,
        supervision.differing,
        registrations.differing,
      ].every((list) => list.length === 0),
  };
}

function matched(expected: number, differing: readonly string[]): Proof['supervision'] {
  return { expected, matching: Math.max(0, expected - differing.length), differing };
}

function matching(
  expected: readonly (readonly [string, string])[],
  actual: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Proof['modules'] {
  const differing = [
    ...expected.filter(([module, digest]) => actual[module] !== digest).map(([module]) => module),
    ...more,
  ];
  return { expected: expected.length, matching: expected.length - differing.length + more.length, differing };
}

/**
 * One that did not run before the switch either, as a transient child may not, is not its doing. A temporary one that has
 * ended is not even known any more: a boot of what ran tells that it was there.
 */
function hadEnded({ tree, applications }: Before, was: Tree): Parameters<typeof treeDifferences>[2] {
  const places = placesOf(comparable(tree));
  const running = new Set(places.flatMap((place) => (place.running ? [place.path] : [])));
  const ended = new Set([
    ...places.flatMap((place) => (place.running ? [] : [place.path])),
    ...placesOf(comparable(was)).flatMap(({ path, mayEnd }) => (mayEnd && !running.has(path) ? [path] : [])),
    ...applications.flatMap((application) => (application.running ? [] : [application.name])),
  ]);
  return ({ path }) => ended.has(path);
}

/** What differs, with names; keys of the environment only, since values may be secrets. */
export function differences(proof: Proof): string {
  const { modules, environment, protocols, supervision, registrations } = proof;
  const named: readonly (readonly [string, readonly string[]])[] = [
    ['modules', modules.differing],
    ['environment', environment.differing],
    ['protocols', protocols.differing],
    ['supervision', supervision.differing],
    ['missing', registrations.differing],
  ];
  const told = named
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name} ${list.slice(0, 5).join(', ')}`);
  return told.length === 0 ? 'the versions' : told.join('; ');
}
