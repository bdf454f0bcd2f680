import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Comparison } from '../../../src/hot-load/comparison.js';
import type { Script } from '../../../src/hot-load/script.js';
import { Node } from '../../../src/node/node.js';
import type { Vm } from '../../../src/node/vm.js';
import { compare } from '../../../src/release/compare.js';
import type { ModuleChanges } from '../../../src/release/modules.js';
import {
  type Digests,
  expectedModules,
  type ImageApplication,
  type ImageRelease,
  type ModuleFacts,
  type RunningRelease,
} from '../../../src/release/release.js';
import type { Supervised } from '../../../src/release/supervision.js';

/** The digest of some content, told apart by a word. */
export const digest = (content: string) => createHash('md5').update(content).digest('hex').toUpperCase();

const compiled = (modules: readonly string[]): Digests =>
  Object.fromEntries(modules.map((module) => [module, digest(module)]));

export function application(
  name: string,
  modules: readonly string[],
  chosen: Partial<ImageApplication> = {},
): ImageApplication {
  const version = chosen.version ?? '1.0.0';
  return {
    name,
    version,
    mode: 'permanent',
    directory: `/app/lib/${name}-${version}`,
    appup: false,
    modules: compiled(modules),
    ...chosen,
  };
}

const files = [
  'bin/shop',
  'bin/shop.bat',
  'releases/VSN/env.sh',
  'releases/VSN/vm.args',
  'releases/VSN/remote.vm.args',
  'releases/VSN/sys.config',
  'releases/VSN/runtime.exs',
  'releases/VSN/start.boot',
  'releases/VSN/shop.rel',
  'lib/shop-1.0.0/ebin/shop.app',
  'lib/shop-1.0.0/priv/logo.svg',
  'lib/cart-1.0.0/ebin/cart.app',
];

/** The release shop as mix makes it: two applications of its own beside those of the platform. */
export function image(chosen: Partial<ImageRelease> = {}): ImageRelease {
  return {
    name: 'shop',
    version: '1.0.0',
    erts: '13.1.5',
    otp: '25',
    root: '/app',
    applications: [
      application('kernel', ['kernel', 'code'], { version: '8.5.3' }),
      application('sasl', ['sasl', 'release_handler'], { version: '4.2' }),
      application('shop', ['Elixir.Shop', 'Elixir.Shop.Till', 'Elixir.Shop.Price']),
      application('cart', ['Elixir.Cart', 'Elixir.Cart.Store']),
      application('iex', ['Elixir.IEx'], { version: '1.14.0', mode: 'none' }),
    ],
    protocols: { 'Elixir.Shop.Price': digest('consolidated price') },
    files: Object.fromEntries(files.map((path) => [path, digest(path)])),
    ...chosen,
  };
}

/** The release with one of its applications changed. */
export function changing(
  release: ImageRelease,
  name: string,
  change: (one: ImageApplication) => Partial<ImageApplication>,
): ImageRelease {
  return {
    ...release,
    applications: release.applications.map((one) => (one.name === name ? { ...one, ...change(one) } : one)),
  };
}

/** The release in the next version, and these applications of it, too. */
export function bumped(release: ImageRelease, version: string, names: readonly string[] = []): ImageRelease {
  const all = names.reduce(
    (made, name) => changing(made, name, () => ({ version, directory: `/app/lib/${name}-${version}` })),
    release,
  );
  const own = (path: string) =>
    names.reduce((made, name) => made.replace(`lib/${name}-1.0.0/`, `lib/${name}-${version}/`), path);
  return {
    ...all,
    version,
    files: Object.fromEntries(Object.entries(release.files).map(([path, content]) => [own(path), content])),
  };
}

const vm: Vm = {
  pid: '1',
  user: '1000:1000',
  bin: '/app/erts-13.1.5/bin',
  root: '/app',
  distribution: { flag: '-sname', node: 'shop' },
  boot: '/app/releases/1.0.0/start',
  args: [],
};

/** A node that booted the release, as it tells of itself. */
export function runs(release: ImageRelease, chosen: Partial<RunningRelease> = {}): RunningRelease {
  const loaded = release.applications.filter(({ mode }) => mode !== 'none');
  const expected = expectedModules(release);
  const names = [...loaded.flatMap(({ modules }) => Object.keys(modules)), ...Object.keys(release.protocols)];
  const { name, version, erts, otp, root } = release;
  return {
    name,
    version,
    erts,
    otp,
    root,
    vm,
    beside: [],
    // Nobody asks it: what it would answer stands here.
    node: new Node({ engine: undefined as never, container: 'shop-1', vm }),
    nodeName: 'shop@host',
    osPid: '1',
    uptimeMs: 60_000,
    booted: true,
    mode: 'embedded',
    sasl: true,
    heart: false,
    writable: true,
    connected: [],
    applications: loaded.map((one) => ({
      name: one.name,
      version: one.version,
      running: one.mode !== 'load',
      mode: one.mode,
      directory: one.directory,
    })),
    modules: Object.fromEntries(names.map((module) => [module, expected[module] ?? ''])),
    codePath: [`${root}/releases/${version}/consolidated`],
    files: release.files,
    owner: { uid: 1000, gid: 1000 },
    ...chosen,
  };
}

/** What the decision rests on, where nothing else is against it. */
export function comparison(
  running: RunningRelease,
  next: ImageRelease,
  chosen: Partial<Omit<Comparison, 'running' | 'next' | 'change'>> = {},
): Comparison {
  return {
    running,
    next,
    change: compare(running, next),
    image: { settings: [], files: [], overlays: [] },
    readOnlyRoot: false,
    placement: new Map(),
    occupied: [],
    options: { strategy: 'auto', hotUpTo: 'major' },
    ...chosen,
  };
}

/** A module as its beam file tells of it: a plain one, unless said otherwise. */
export function beam(module: string, chosen: Partial<ModuleFacts> = {}): ModuleFacts {
  return {
    file: `${module}.beam`,
    module,
    digest: digest(module),
    behaviours: [],
    codeChange: [],
    exports: [],
    calls: [],
    nif: false,
    onLoad: false,
    protocol: false,
    callbackMode: null,
    ...chosen,
  };
}

/** What an upgrade does one way: nothing, unless said otherwise. */
export function script(chosen: Partial<Script> = {}): Script {
  return { instructions: [], loads: [], removes: [], holds: [], migrates: [], restarts: [], applies: 0, ...chosen };
}

/** What changed in one application, module by module: nothing, unless said otherwise. */
export function modulesOf(name: string, chosen: Partial<ModuleChanges> = {}): ModuleChanges {
  return { name, added: [], removed: [], changed: [], patched: [], started: [], ...chosen };
}

/** A child that works. */
export function worker(id: string, chosen: Partial<Supervised> = {}): Supervised {
  const start = `{${id},start_link,[]}`;
  return {
    id,
    type: 'worker',
    running: true,
    spec: { portable: true, text: `#{id=>${id},start=>${start}}`, start, closures: [] },
    ...chosen,
  };
}

/** A supervisor with a callback module of its own, at the top unless it has a name. */
export function supervisor(children: readonly Supervised[], chosen: Partial<Supervised> = {}): Supervised {
  return {
    id: 'top',
    type: 'supervisor',
    name: 'Elixir.Shop.Supervisor',
    callback: 'Elixir.Shop.Supervisor',
    strategy: 'one_for_one',
    intensity: 3,
    period: 5,
    children,
    ...chosen,
  };
}

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const name = word.map((letters) => `app_${letters}`);
const content = fc.stringMatching(/^[0-9A-F]{4}$/);
const version = fc.oneof(
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join('.')),
  fc.constantFrom('1.0.0-rc.1', '1.0.0+build.7', 'main', '2024-10-01', '1.0'),
);

/** Some release or other; each module belongs to one application. */
export const anyImage: fc.Arbitrary<ImageRelease> = fc
  .record({
    version,
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    modes: fc.array(fc.constantFrom('permanent', 'temporary', 'load', 'none'), { minLength: 4, maxLength: 4 }),
    contents: fc.array(fc.dictionary(word, content, { minKeys: 1, maxKeys: 4 }), { minLength: 4, maxLength: 4 }),
    protocols: fc.dictionary(word, content, { maxKeys: 2 }),
    files: fc.dictionary(fc.constantFrom(...files, 'bin/shop-VSN', 'releases/VSN/vm.args.src'), content),
  })
  .map(({ version, names, modes, contents, protocols, files }) => {
    const prefixed = (prefix: string, digests: Digests) =>
      Object.fromEntries(Object.entries(digests).map(([module, of]) => [`${prefix}_${module}`, of]));
    const own = names.map((name, at) => {
      const modules = prefixed(name, contents[at] ?? {});
      return application(name, [], { version, mode: modes[at] ?? 'permanent', modules });
    });
    return image({
      version,
      applications: [application('sasl', ['release_handler'], { version: '4.2' }), ...own],
      protocols: prefixed('protocol', protocols),
      files,
    });
  });
