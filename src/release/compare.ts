import { isLink } from './listing.js';
import {
  type Digests,
  expectedModules,
  type ImageApplication,
  type ImageRelease,
  type RunningApplication,
  type RunningRelease,
} from './release.js';

/** What differs between the release that runs and the one in the image. */
export interface Change {
  readonly applications: {
    readonly added: readonly ImageApplication[];
    readonly removed: readonly { readonly name: string; readonly version: string }[];
    /** Another version. */
    readonly changed: readonly ApplicationChange[];
    /** The same version with other code, or with other files (`lib/APP-VSN/priv/...`). */
    readonly rebuilt: readonly (ApplicationChange & { readonly modules: readonly string[] })[];
  };
  /** Applications that are started in another way: `permanent`, `temporary`, only loaded. */
  readonly modes: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** Consolidated protocols whose dispatch differs, new ones included. */
  readonly protocols: readonly string[];
  /** Files that a start of the release reads and a hot upgrade does not: scripts and arguments of the VM. */
  readonly files: readonly string[];
  /** Files below `lib/` that belong to no application of the release, such as `lib/README`. */
  readonly overlays: readonly string[];
  /** What a hot load would have to bring and is a symbolic link, whose target it does not carry. */
  readonly links: readonly string[];
  /** Whether a cold boot of the image would run exactly what runs. */
  readonly same: boolean;
}

export interface ApplicationChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Where the old one lies in the running container. */
  readonly fromDirectory: string;
  readonly toDirectory: string;
  /** A hand-written appup in the new one. */
  readonly appup: boolean;
}

/** Applications that both releases have, with other code or files: each is brought in a directory of its own. */
export function exchanged({ applications: { changed, rebuilt } }: Change): readonly ApplicationChange[] {
  return [...changed, ...rebuilt];
}

// Elixir's configuration providers run before the boot script comes to them, and start them as temporary.
const startedEarly = ['elixir', 'compiler'];

// A remote shell starts iex on the node that it is attached to, and the node keeps it.
function startedByHand(from: RunningApplication, to: ImageApplication): boolean {
  return to.mode === 'none' && ['temporary', 'load'].includes(from.mode);
}

/** Pure: reads nothing but its arguments. */
export function compare(running: RunningRelease, next: ImageRelease): Change {
  const now = new Map(running.applications.map((application) => [application.name, application]));
  const then = new Map(next.applications.map((application) => [application.name, application]));
  const both = next.applications.flatMap((to) => {
    const from = now.get(to.name);
    return from === undefined ? [] : [{ from, to }];
  });
  const expected = expectedModules(next);
  const applications: Change['applications'] = {
    // `none` is never loaded, so a running node does not show it.
    added: next.applications.filter((application) => !now.has(application.name) && application.mode !== 'none'),
    removed: running.applications.filter((application) => !then.has(application.name)),
    changed: both
      .filter(({ from, to }) => from.version !== to.version)
      .map(({ from, to }) => ({ ...pair(running, from, to), appup: to.appup })),
    rebuilt: both
      .filter(({ from, to }) => from.version === to.version)
      .map(({ from, to }) => ({
        // An appup leads from another version.
        ...pair(running, from, to),
        appup: false,
        modules: distinct([
          ...differing(to.modules, expected, running.modules).filter((module) => !(module in next.protocols)),
          ...differing(under(`lib/${to.name}-${to.version}/ebin/`, running.files), next.files, running.files),
          // Elsewhere, what only the container has was written by the application itself: time zones, caches.
          ...differing(under(`lib/${to.name}-${to.version}/`, next.files), next.files, running.files),
          // Generated for a deploy, and brought into the container by it.
        ]).filter((name) => !/^lib\/[^/]+\/ebin\/[^/]+\.appup$/.test(name)),
      }))
      .filter(({ modules }) => modules.length > 0),
  };
  const modes = both
    .filter(({ from, to }) => from.mode !== to.mode && !startedEarly.includes(to.name) && !startedByHand(from, to))
    .map(({ from, to }) => ({ name: to.name, from: from.mode, to: to.mode }));
  const protocols = differing(next.protocols, expected, running.modules);
  const files = differingFiles(running.files, next.files).filter(
    (path) => path in next.files || !isFormerScript(path, next.name),
  );
  const settings = differing(under('releases/VSN/', running.files, next.files), next.files, running.files).filter(
    (path) => configuration.test(path) && !(`${path}.src` in next.files),
  );
  const own = new Set(next.applications.map(({ name, version }) => `${name}-${version}`));
  const overlays = differing(under('lib/', next.files), next.files, running.files).filter(
    (path) => !own.has(path.split('/')[1] ?? ''),
  );
  const { added, removed, changed, rebuilt } = applications;
  return {
    applications,
    modes,
    protocols,
    files,
    overlays,
    links: linked(next, [...added, ...[...changed, ...rebuilt].map(({ name, to }) => ({ name, version: to }))]),
    same:
      running.version === next.version &&
      running.erts === next.erts &&
      [added, removed, changed, rebuilt, modes, protocols, files, settings, overlays].every(
        (list) => list.length === 0,
      ),
  };
}

function pair({ root }: RunningRelease, from: RunningApplication, to: ImageApplication) {
  return {
    name: to.name,
    from: from.version,
    to: to.version,
    fromDirectory: from.directory ?? `${root}/lib/${to.name}-${from.version}`,
    toDirectory: to.directory,
  };
}

/** Names of `modules` whose digest on the node is not the expected one. What is on the node and unloaded has none. */
function differing(modules: Digests, expected: Digests, actual: Digests): readonly string[] {
  return Object.keys(modules)
    .filter((module) => actual[module] !== expected[module])
    .sort();
}

// Links to anything else than code and settings mean in the container what they mean in the image.
function linked({ files }: ImageRelease, brought: readonly { readonly name: string; readonly version: string }[]) {
  const directories = new Set(brought.map(({ name, version }) => `lib/${name}-${version}`));
  return Object.keys(files).filter((path) => {
    const [, directory = '', rest = ''] = /^(lib\/[^/]+)(.*)/.exec(path) ?? [];
    const carried = directory === '' ? /^(lib|releases(\/VSN(\/.*)?)?)$/.test(path) : directories.has(directory);
    return carried && /^(\/ebin(\/.*)?)?$/.test(rest) && isLink(files[path]);
  });
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

/** All files below a directory, of either release. */
function under(directory: string, ...releases: readonly Digests[]): Digests {
  return Object.assign(
    {},
    ...releases.map((files) =>
      Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(directory))),
    ),
  );
}

// Resolved anew for a new version; under the same version a difference means another build. What is rendered from a
// template says nothing by itself.
const configuration = /^releases\/VSN\/(sys\.config(\.src)?|runtime\.exs)$/;

// Read by nobody who starts or serves: the emulator's own records, what a remote shell uses, Windows' scripts, the release's
// own archive, and the boot file, which names each application's version and is exchanged with the release.
const irrelevant = [
  /^lib\//,
  /^bin\/(.*\.bat|(start_clean|no_dot_erlang)\.boot)$/,
  /^releases\/VSN\/(consolidated|RELEASES|hot-deploy|remote\.vm\.args|iex|runtime\.exs|relup)/,
  /^releases\/VSN\/[^/]*\.(rel|boot|script|bat|ps1|appup|tar\.gz)$/,
  /^releases\/VSN\/sys\.config(\.src)?$/,
];

// The container keeps relx's start script of every version that was ever installed beside the one in use.
function isFormerScript(path: string, name: string): boolean {
  return path.startsWith(`bin/${name}-`) && path !== `bin/${name}-VSN`;
}

function differingFiles(
  now: Readonly<Record<string, string>>,
  then: Readonly<Record<string, string>>,
): readonly string[] {
  const rendered = new Set(
    Object.keys(then)
      .filter((path) => path.endsWith('.src'))
      .map((path) => path.slice(0, -4)),
  );
  return (
    [...new Set([...Object.keys(now), ...Object.keys(then)])]
      .filter((path) => !irrelevant.some((pattern) => pattern.test(path)))
      // relx's start script renders NAME.src to NAME in the container: only the source says what changed.
      .filter((path) => !rendered.has(path))
      .filter((path) => now[path] !== then[path])
      .sort()
  );
}
