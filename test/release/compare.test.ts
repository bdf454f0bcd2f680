import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/release/compare.js';
import { expectedModules, type FileDigests, type ImageRelease } from '../../src/release/release.js';
import { anyImage, application, bumped, changing, digest, image, runs } from '../support/world/facts.js';

const shop = image();
const untouched = {
  applications: { added: [], removed: [], changed: [], rebuilt: [] },
  modes: [],
  protocols: [],
  files: [],
  overlays: [],
  links: [],
};
const recompiled = (release: ImageRelease, name: string, module: string) =>
  changing(release, name, ({ modules }) => ({ modules: { ...modules, [module]: digest(`new ${module}`) } }));
const withFiles = (release: ImageRelease, files: Readonly<Record<string, string | undefined>>): ImageRelease => ({
  ...release,
  files: Object.fromEntries(
    Object.entries({ ...release.files, ...files }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
});
/** What is found between a release that runs and itself, with these files in another state. */
const changedFiles = (now: Readonly<Record<string, string | undefined>>, then = now as FileDigests) =>
  compare(runs(withFiles(shop, now)), withFiles(shop, then));

describe('a release is the same as itself', () => {
  it('whatever it holds', () => {
    fc.assert(
      fc.property(anyImage, (release) => {
        expect(compare(runs(release), release)).toEqual({ ...untouched, same: true });
      }),
    );
  });

  it('and not with other code in any one module that is loaded', () => {
    fc.assert(
      fc.property(anyImage, fc.nat(), (release, at) => {
        const running = runs(release);
        const names = Object.keys(running.modules);
        const name = names[at % names.length] ?? '';
        const patched = { ...running, modules: { ...running.modules, [name]: 'FFFF0' } };
        expect(compare(patched, release).same).toBe(false);
      }),
    );
  });

  it('and not with other code in any one module of the image', () => {
    fc.assert(
      fc.property(anyImage, fc.nat(), (release, at) => {
        const running = runs(release);
        const names = Object.keys(expectedModules(release)).filter((name) => name in running.modules);
        const name = names[at % names.length] ?? '';
        const rebuilt = {
          ...release,
          applications: release.applications.map((one) =>
            name in one.modules ? { ...one, modules: { ...one.modules, [name]: 'FFFF0' } } : one,
          ),
          protocols: name in release.protocols ? { ...release.protocols, [name]: 'FFFF0' } : release.protocols,
        };
        expect(compare(running, rebuilt).same).toBe(false);
      }),
    );
  });

  it('and not under another version, or on another runtime', () => {
    expect(compare(runs(shop), { ...shop, version: '1.0.1' })).toEqual({ ...untouched, same: false });
    expect(compare(runs(shop), { ...shop, erts: '14.0' })).toEqual({ ...untouched, same: false });
  });
});

describe('of the applications', () => {
  it('one that only the image holds is added, unless it is never loaded', () => {
    const [mail, tool] = [application('mail', ['mail']), application('tool', ['tool'], { mode: 'none' })];
    const next = { ...shop, applications: [...shop.applications, mail, tool] };
    const change = compare(runs(shop), next);
    expect(change).toEqual({ ...untouched, applications: { ...untouched.applications, added: [mail] }, same: false });
  });

  it('one that only the node runs is removed', () => {
    const next = { ...shop, applications: shop.applications.filter(({ name }) => name !== 'cart') };
    const change = compare(runs(shop), next);
    expect(change.applications.removed).toMatchObject([{ name: 'cart', version: '1.0.0' }]);
    expect(change.same).toBe(false);
  });

  it('one of another version is changed, from where the node has it to where the image has it', () => {
    const next = changing(bumped(shop, '1.1.0', ['cart']), 'cart', () => ({ appup: true }));
    const running = runs(shop);
    const elsewhere = running.applications.map((one) =>
      one.name === 'cart' ? { ...one, directory: '/opt/cart' } : one,
    );
    const expected = { name: 'cart', from: '1.0.0', to: '1.1.0', toDirectory: '/app/lib/cart-1.1.0', appup: true };
    expect(compare({ ...running, applications: elsewhere }, next).applications).toEqual({
      ...untouched.applications,
      changed: [{ ...expected, fromDirectory: '/opt/cart' }],
    });
    const unknown = running.applications.map((one) => ({ ...one, directory: null }));
    expect(compare({ ...running, applications: unknown }, next).applications.changed).toEqual([
      { ...expected, fromDirectory: '/app/lib/cart-1.0.0' },
    ]);
  });

  it('one that has written a file of its own since it started is the same', () => {
    const change = changedFiles({ 'lib/cart-1.0.0/priv/zones.ets': 'downloaded' }, {});
    expect(change).toEqual({ ...untouched, same: true });
  });

  it.each<[string, ImageRelease, string[]]>([
    ['another module', recompiled(shop, 'cart', 'Elixir.Cart.Store'), ['Elixir.Cart.Store']],
    ['one more module', recompiled(shop, 'cart', 'Elixir.Cart.New'), ['Elixir.Cart.New']],
    [
      'another file of its own',
      withFiles(shop, { 'lib/cart-1.0.0/priv/logo.svg': 'new' }),
      ['lib/cart-1.0.0/priv/logo.svg'],
    ],
    // Modules that are gone, and defaults of its configuration, show here and nowhere else.
    [
      'another description',
      withFiles(shop, { 'lib/cart-1.0.0/ebin/cart.app': 'new' }),
      ['lib/cart-1.0.0/ebin/cart.app'],
    ],
    ['a file less', withFiles(shop, { 'lib/cart-1.0.0/ebin/cart.app': undefined }), ['lib/cart-1.0.0/ebin/cart.app']],
  ])('one with %s under the same version is rebuilt', (_, next, modules) => {
    const directories = { fromDirectory: '/app/lib/cart-1.0.0', toDirectory: '/app/lib/cart-1.0.0' };
    const rebuilt = [{ name: 'cart', from: '1.0.0', to: '1.0.0', ...directories, appup: false, modules }];
    expect(compare(runs(shop), next)).toEqual({
      ...untouched,
      applications: { ...untouched.applications, rebuilt },
      same: false,
    });
    // The release's own version does not make it another application.
    expect(compare(runs(shop), { ...next, version: '1.1.0' }).applications.rebuilt).toEqual(rebuilt);
  });

  it('one is not rebuilt by an appup that a deploy brought, nor by files of another version', () => {
    const running = runs(
      withFiles(shop, { 'lib/cart-1.0.0/ebin/cart.appup': 'made', 'lib/cart-0.9.0/priv/logo.svg': 'old' }),
    );
    expect(compare(running, shop)).toEqual({ ...untouched, same: true });
  });

  it.each([
    ['temporary', 'permanent', true],
    ['load', 'permanent', true],
    ['permanent', 'none', true],
    // As a remote shell leaves iex behind.
    ['temporary', 'none', false],
    ['load', 'none', false],
  ])('one that runs as %s and that a boot starts as %s differs: %s', (from, to, differs) => {
    const now = changing(shop, 'cart', () => ({ mode: from }));
    const change = compare(
      runs(now),
      changing(shop, 'cart', () => ({ mode: to })),
    );
    expect(change.modes).toEqual(differs ? [{ name: 'cart', from, to }] : []);
    expect(change.same).toBe(!differs);
  });

  it('Elixir itself, and its compiler, may have been started before the boot script came to them', () => {
    const mode = (how: string) => ({
      ...shop,
      applications: ['elixir', 'compiler'].map((name) => application(name, [name], { mode: how })),
    });
    expect(compare(runs(mode('temporary')), mode('permanent'))).toEqual({ ...untouched, same: true });
  });
});

describe('consolidated protocols', () => {
  it('count instead of what the application holds', () => {
    expect(compare(runs(shop), recompiled(shop, 'shop', 'Elixir.Shop.Price'))).toEqual({ ...untouched, same: true });
  });

  it.each([
    ['another implementation', { 'Elixir.Shop.Price': 'new' }, ['Elixir.Shop.Price']],
    ['one more protocol', { ...shop.protocols, 'Elixir.Cart.Show': 'new' }, ['Elixir.Cart.Show']],
  ])('differ by %s', (_, protocols, differing) => {
    expect(compare(runs(shop), { ...shop, protocols })).toEqual({ ...untouched, protocols: differing, same: false });
  });
});

describe('a file that only a start reads', () => {
  it.each(['bin/shop', 'releases/VSN/env.sh', 'releases/VSN/vm.args', 'releases/VSN/elixir', 'bin/shop-migrate'])(
    '%s counts, whether it is new or other',
    (path) => {
      for (const [now, then] of [
        [{ [path]: undefined }, { [path]: 'new' }],
        [{ [path]: 'old' }, { [path]: 'new' }],
      ] as const) {
        expect(changedFiles(now, then as FileDigests)).toEqual({ ...untouched, files: [path], same: false });
      }
    },
  );

  it('counts when it is gone', () => {
    expect(changedFiles({}, { 'releases/VSN/env.sh': undefined } as unknown as FileDigests).files).toEqual([
      'releases/VSN/env.sh',
    ]);
  });

  it('does not count beside the template that it is rendered from', () => {
    const templates = { 'releases/VSN/vm.args.src': 'a', 'releases/VSN/sys.config.src': 'a' };
    const rendered = { ...templates, 'releases/VSN/vm.args': 'b', 'releases/VSN/sys.config': 'b' };
    const fresh = { ...templates, 'releases/VSN/vm.args': undefined, 'releases/VSN/sys.config': undefined };
    expect(changedFiles(rendered, fresh as unknown as FileDigests)).toEqual({ ...untouched, same: true });
    const other = { ...fresh, 'releases/VSN/vm.args.src': 'c' } as unknown as FileDigests;
    expect(changedFiles(rendered, other).files).toEqual(['releases/VSN/vm.args.src']);
  });
});

it('what differs is told in the order of its names', () => {
  const other = recompiled(recompiled(shop, 'cart', 'Elixir.Cart.Store'), 'cart', 'Elixir.Cart.All');
  const change = compare(runs(shop), withFiles(other, { 'releases/VSN/vm.args': 'new', 'bin/migrate': 'new' }));
  expect(change.applications.rebuilt[0]?.modules).toEqual(['Elixir.Cart.All', 'Elixir.Cart.Store']);
  expect(change.files).toEqual(['bin/migrate', 'releases/VSN/vm.args']);
});

it.each([
  'bin/shop.bat',
  'releases/VSN/remote.vm.args',
  'releases/VSN/iex',
  'releases/VSN/start.boot',
  'releases/VSN/start.script',
  'releases/VSN/shop.rel',
  'releases/VSN/relup',
  'releases/VSN/hot-deploy.sha256',
  'releases/VSN/consolidated/Elixir.Enumerable.beam',
])('%s says nothing about what runs', (path) => {
  expect(changedFiles({ [path]: 'old' }, { [path]: 'new' })).toEqual({ ...untouched, same: true });
});

it('a start script of a version that the container ran before is no difference', () => {
  const running = runs(withFiles(shop, { 'bin/shop-VSN': 'a', 'bin/shop-0.9.0': 'b' }));
  expect(compare(running, withFiles(shop, { 'bin/shop-VSN': 'a' }))).toEqual({ ...untouched, same: true });
  expect(compare(running, withFiles(shop, { 'bin/shop-VSN': 'c' })).files).toEqual(['bin/shop-VSN']);
});

it.each(['sys.config', 'sys.config.src', 'runtime.exs'])(
  'another %s under the same version is not the same',
  (name) => {
    const [now, then] = [{ [`releases/VSN/${name}`]: 'old' }, { [`releases/VSN/${name}`]: 'new' }];
    expect(changedFiles(now, then)).toEqual({ ...untouched, same: false });
  },
);

describe('below lib, what belongs to no application', () => {
  it.each(['lib/README', 'lib/shared/table.csv', 'lib/shop-2.0.0/priv/logo.svg'])('%s counts', (path) => {
    expect(changedFiles({}, { [path]: 'new' })).toMatchObject({ overlays: [path], same: false });
    expect(changedFiles({ [path]: 'old' }, { [path]: 'new' })).toMatchObject({ overlays: [path], same: false });
    expect(changedFiles({ [path]: 'old' })).toMatchObject({ overlays: [], same: true });
  });

  it('does not count where only the container has it: an earlier version, or what was written there', () => {
    expect(changedFiles({ 'lib/shop-0.9.0/ebin/shop.app': 'old' }, {})).toEqual({ ...untouched, same: true });
  });
});

describe('a symbolic link', () => {
  const next = bumped(shop, '1.0.1', ['shop']);
  const links = (path: string, running = shop) =>
    compare(runs(running), withFiles(next, { [path]: '-> /opt/x' })).links;

  it.each([
    'lib',
    'lib/shop-1.0.1',
    'lib/shop-1.0.1/ebin',
    'lib/shop-1.0.1/ebin/Elixir.Shop.beam',
    'releases',
    'releases/VSN',
    'releases/VSN/sys.config',
    'releases/VSN/consolidated',
  ])('%s stands for what a hot load would have to bring', (path) => {
    expect(links(path)).toEqual([path]);
  });

  it.each(['lib/shop-1.0.1/priv', 'lib/shop-1.0.1/priv/cacerts.pem', 'lib/cart-1.0.0', 'bin/shop'])(
    '%s means in the container what it means in the image',
    (path) => {
      expect(links(path)).toEqual([]);
    },
  );

  it('that leads elsewhere under the same version is another file', () => {
    const path = 'lib/shop-1.0.0/priv/theme';
    expect(changedFiles({ [path]: '-> dark' }, { [path]: '-> light' }).applications.rebuilt).toMatchObject([
      { name: 'shop', to: '1.0.0', modules: [path] },
    ]);
  });
});
