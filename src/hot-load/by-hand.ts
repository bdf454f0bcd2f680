import { expression, type Request } from '../node/agent.js';
import { type ConfigRequest, resolver, switchScript } from '../node/config.js';
import { callNode, evaluateInput } from '../node/shell.js';
import { atom, binary, map, type Term, text, tuple } from '../node/term.js';
import { type Entry, file } from '../release/archive.js';
import { type Digests, expectedModules, type ImageRelease, type RunningRelease } from '../release/release.js';
import type { UpgradeManifest } from './manifest.js';

/** What the bundle is about, as far as those have to know who load it by hand. */
export interface ByHand {
  readonly running: Pick<RunningRelease, 'version' | 'root' | 'modules' | 'applications'>;
  readonly next: Pick<ImageRelease, 'version' | 'applications' | 'protocols'> & ImageRelease;
  readonly images: UpgradeManifest['images'];
  readonly directories: readonly string[];
  readonly checksums: UpgradeManifest['checksums'];
  readonly updates: readonly string[];
  readonly loads: readonly string[];
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** In its place the script puts what it wants of the node, and who it is: lines of words in base64. */
const words = '@WORDS@';

/**
 * The folder `hot-deploy/` of an artifact: what `hot-deploy.sh hot` hands to the container's own shell and runtime. What is asked
 * there is the agent's `hot_deploy_plain`, which answers in words that bash has not to parse.
 */
export function byHand(what: ByHand): readonly Entry[] {
  const { running, next, images, directories, checksums } = what;
  const { root, version: from } = running;
  const to = next.version;
  const old = running.applications.map(({ name, version }) => [name, version] as const);
  const fresh = next.applications.filter(({ mode }) => mode !== 'none');
  const about = [
    'schema 3',
    `from ${from}`,
    `to ${to}`,
    `image-from ${images.from}`,
    `image-to ${images.to}`,
    `root ${root}`,
    `sha256-up ${checksums.up.sha256}`,
    `checksums-up ${checksums.up.file}`,
    `sha256-down ${checksums.down.sha256}`,
    `checksums-down ${checksums.down.file}`,
    ...directories.map((directory) => `directory ${directory}`),
  ];
  const texts = (all: readonly string[]) => all.map(text);
  const request: Request = {
    ...{ set: 'plain', module: 'hot_deploy_plain', function: 'ask' },
    argument: map({
      ...{ from: text(from), to: text(to), directories: texts(directories) },
      ...{ old: digests(running.modules), new: digests(expectedModules(next)) },
      applications: fresh.map(({ name, version }) => tuple(binary(name), binary(version))),
      ...{ updates: texts(what.updates), loads: texts(what.loads) },
      ...{ removed: texts(what.removed), added: texts(what.added) },
    }),
  };
  const resolve = (config: Pick<ConfigRequest, 'version' | 'applications'>, of: 'main' | 'running') =>
    resolver('@PID@', { root, ...config }, of);
  const one = { version: from, applications: old };
  const other = { version: to, applications: fresh.map(({ name, version }) => [name, version] as const) };
  const contents: Readonly<Record<string, string>> = {
    about: `${about.join('\n')}\n`,
    'ask.sh': `${callNode}\n`,
    'ask.erl': expression(request, { fence: words }),
    'install.sh': switchScript,
    'install.erl': expression(request, { resolved: ['Config', 'Was'], fence: words }),
    evaluate: evaluateInput,
    ...{ 'was-up.erl': resolve(one, 'running'), 'resolve-up.erl': resolve(other, 'main') },
    ...{ 'was-down.erl': resolve(other, 'running'), 'resolve-down.erl': resolve(one, 'main') },
  };
  return Object.entries(contents).map(([name, content]) => file(`hot-deploy/${name}`, content));
}

function digests(modules: Digests): Term {
  return Object.entries(modules).map(([name, digest]) =>
    tuple(binary(name), digest === null ? atom('null') : binary(digest)),
  );
}
