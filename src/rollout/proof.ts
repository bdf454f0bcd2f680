import { expectedModules, type ImageRelease, type RunningRelease } from '../release/release.js';
import { compareTrees, countNodes, describeChange, type Tree } from '../release/supervision.js';
import type { ProcessNote, Proof } from '../report/report.js';

/** What the node tells about itself right after the switch. */
export interface AfterSwitch {
  readonly identity: Pick<RunningRelease, 'version' | 'osPid' | 'uptimeMs' | 'modules' | 'applications'>;
  readonly environment: { readonly matching: number; readonly differing: readonly string[] };
  readonly tree: { readonly applications: Tree };
  /** Modules that should be gone and are still loaded. */
  readonly remaining: readonly string[];
  readonly oldCode: readonly ProcessNote[];
}

/** Compares what runs with what a cold boot of the release would be; pure. `tree` is absent where none booted. */
export function prove(
  release: ImageRelease,
  tree: Tree | undefined,
  before: Pick<RunningRelease, 'osPid' | 'applications'>,
  after: AfterSwitch,
): Proof {
  const { identity } = after;
  const loaded = new Map(identity.applications.map(({ name, version }) => [name, version]));
  const expected = Object.entries(expectedModules(release)).filter(
    ([module]) => identity.modules[module] !== undefined,
  );
  const missing = release.applications
    .filter(({ name }) => loaded.has(name))
    .flatMap(({ modules }) => Object.keys(modules))
    .filter((module) => identity.modules[module] === undefined);
  const modules = matching(expected, identity.modules, after.remaining);
  const protocols = matching(
    Object.entries(release.protocols).filter(([module]) => identity.modules[module] !== undefined),
    identity.modules,
  );
  const versions = release.applications
    .filter(({ name, mode, version }) => mode !== 'none' && loaded.get(name) !== version)
    .map(({ name, version }) => `${name} is ${loaded.get(name) ?? 'not loaded'} instead of ${version}`);
  const changes = tree === undefined ? [] : compareTrees(comparable(after.tree.applications), comparable(tree));
  const nodes = tree === undefined ? 0 : countNodes(comparable(tree));
  const unlike = [
    ...changes.map(describeChange),
    ...notRunning(after.tree.applications, tree),
    ...notStarted(after.tree.applications, tree, before),
  ];
  const supervision = { expected: nodes, matching: Math.max(0, nodes - unlike.length), differing: unlike };
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
    processes: { oldCode: after.oldCode, notMigrated: [] },
    vm: { sameProcess, uptimeMs: identity.uptimeMs },
    notCompared: [
      ...(tree === undefined ? ['the supervision tree: the new release did not boot in a container of its own'] : []),
      ...(missing.length > 0 ? [`${missing.length} modules that no application lists`] : []),
    ],
    converged:
      identity.version === release.version &&
      [modules.differing, versions, after.environment.differing, protocols.differing, supervision.differing].every(
        (list) => list.length === 0,
      ),
  };
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

/** The kernel's children depend on how the VM was started; OTP's other applications do not change under way. */
function comparable(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => !['kernel', 'sasl'].includes(name)));
}

// A child that a cold boot starts and that does not run here: its start failed, and systools' apply tells nobody.
function notRunning(now: Tree, then: Tree | undefined): readonly string[] {
  const running = new Map(Object.entries(comparable(now)).flatMap(([name, top]) => flatten(name, top)));
  return Object.entries(comparable(then ?? {}))
    .flatMap(([name, top]) => flatten(name, top))
    .filter(([path, isRunning]) => isRunning && running.get(path) === false)
    .map(([path]) => `${path} is not running`);
}

// Likewise an application. One that had ended by itself before the switch is not its doing.
function notStarted(
  now: Tree,
  then: Tree | undefined,
  before: Pick<RunningRelease, 'applications'>,
): readonly string[] {
  const ended = before.applications.filter(({ running }) => !running).map(({ name }) => name);
  return Object.keys(comparable(then ?? {}))
    .filter((name) => now[name] === undefined && !ended.includes(name))
    .map((name) => `${name} is not running`);
}

function flatten(path: string, node: Tree[string]): readonly (readonly [string, boolean])[] {
  return [
    [path, node.running ?? true],
    ...(node.children ?? []).flatMap((child) => flatten(`${path}/${child.id}`, child)),
  ];
}
