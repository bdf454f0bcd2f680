import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareWithImage } from '../../src/drift/compare.js';
import type { Boot, Meant, Seen } from '../../src/drift/seen.js';
import type { NodeState } from '../../src/drift/state.js';
import type { Fingerprints } from '../../src/node/config.js';
import { compare } from '../../src/release/compare.js';
import { expectedModules, type ImageRelease, type RunningRelease } from '../../src/release/release.js';
import { anyImage, bumped, changing, digest, image, runs, supervisor, worker } from '../support/world/facts.js';

const booted = Date.UTC(2026, 0, 2, 3, 0, 0);
const inVm = { after: '2026-01-02T03:00:00.000Z', event: 'the VM started' };
const settings: Fingerprints = [
  ['shop', 'port', 'A'],
  ['shop', 'motto', 'B'],
];
const tree = { shop: supervisor([worker('till'), worker('clerk')]), kernel: supervisor([worker('net')]) };

const node = (chosen: Partial<NodeState> = {}): NodeState => ({
  bootedAt: booted,
  releases: [],
  tree,
  environment: settings,
  unloaded: [],
  foreign: [],
  files: [],
  oldCode: [],
  suspended: [],
  ...chosen,
});

interface Chosen {
  readonly release?: ImageRelease;
  readonly running?: RunningRelease;
  readonly state?: Partial<NodeState>;
  readonly meant?: Partial<Meant>;
  readonly boot?: Partial<Boot>;
  readonly seen?: Partial<Seen>;
}

/** A container that was made from the image and that nobody has touched, unless said otherwise. */
function look({ release = image(), running = runs(image()), state, meant, boot, seen }: Chosen = {}) {
  return compareWithImage({
    running,
    state: node(state),
    configured: settings,
    startup: { boots: running.version, permanentAt: booted },
    beams: {},
    meant: { reference: 'acme/shop:live', madeFrom: true, release, beams: {}, ...meant },
    boot: { state: node(), configured: settings, noise: new Set(), ...boot },
    image: { settings: [], files: [], overlays: [] },
    created: '2026-01-01T00:00:00.000Z',
    ...seen,
  });
}

const lines = (chosen: Chosen) => look(chosen).differences.map(({ kind, subject }) => `${kind} ${subject}`);
/** The node runs this code in place of what it booted. */
const patched = (module: string, content = 'by hand') =>
  runs(image(), { modules: { ...runs(image()).modules, [module]: digest(content) } });
const onDisk = (module: string, content: string | null, changedAt = booted + 60_000) => ({
  files: [{ module, digest: content === null ? null : digest(content), changedAt }],
});

test('what nobody has touched equals its image, and so does what a restart and a new container boot', () => {
  expect(look()).toMatchObject({
    state: 'equal',
    differences: [],
    notCompared: [],
    restart: { boots: '1.0.0', same: true },
    renewal: { same: true },
    history: [{ what: 'the VM started' }],
  });
});

describe('code', () => {
  test('that is only in memory was loaded by hand, at some time since the VM started', () => {
    const found = look({ running: patched('Elixir.Cart'), state: onDisk('Elixir.Cart', 'Elixir.Cart') });
    expect(found.differences).toEqual([
      {
        kind: 'module',
        subject: 'Elixir.Cart',
        message: "was loaded by hand: a restart takes the image's code",
        since: inVm,
      },
    ]);
    expect(found).toMatchObject({ restart: { same: false }, renewal: { same: false } });
  });

  test('that lies in an exchanged file stays over a restart, since the file was written at the latest', () => {
    const found = look({ running: patched('Elixir.Cart'), state: onDisk('Elixir.Cart', 'by hand') });
    expect(found.differences).toMatchObject([
      { subject: 'Elixir.Cart', since: { by: '2026-01-02T03:01:00.000Z', event: 'its file was written' } },
    ]);
    expect(found).toMatchObject({ restart: { same: true }, renewal: { same: false } });
  });

  test('whose file was exchanged and not loaded is told, although what runs equals the image', () => {
    const path = 'lib/cart-1.0.0/ebin/Elixir.Cart.beam';
    const found = look({
      state: onDisk('Elixir.Cart', 'exchanged'),
      seen: { beams: { [path]: 'one' } },
      meant: { beams: { [path]: 'other' } },
    });
    expect(found.differences).toMatchObject([
      { kind: 'module', message: expect.stringContaining('a restart would load') },
    ]);
    expect(found.restart?.same).toBe(false);
  });

  test('of a consolidated protocol is told as one', () => {
    expect(lines({ running: patched('Elixir.Shop.Price'), state: onDisk('Elixir.Shop.Price', 'by hand') })).toEqual([
      'protocol Elixir.Shop.Price',
    ]);
  });

  test('without a file, and what is not loaded, is a difference only where a cold boot has it not', () => {
    const state = { foreign: ['made'], unloaded: ['Elixir.Cart'] };
    expect(lines({ state })).toEqual(['module Elixir.Cart', 'module made']);
    expect(lines({ state, boot: { state: node(state) } })).toEqual([]);
  });
});

describe('another version under the same name', () => {
  const release = bumped(
    changing(image(), 'cart', ({ modules }) => ({
      modules: { ...modules, 'Elixir.Cart': digest('new'), 'Elixir.Cart.Gift': digest('gift') },
    })),
    '2.0.0',
    ['cart'],
  );
  const moved = { reference: 'acme/shop:live', madeFrom: false, taggedAt: '2026-01-03T00:00:00.000Z' };

  test('tells versions and modules, since the name was last given', () => {
    const found = look({ release, meant: moved, state: onDisk('Elixir.Cart', 'Elixir.Cart') });
    expect(found.differences.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      'release shop',
      'application cart',
      'module Elixir.Cart',
      'module Elixir.Cart.Gift',
    ]);
    for (const { since } of found.differences) {
      expect(since).toEqual({ by: '2026-01-03T00:00:00.000Z', event: 'acme/shop:live was last tagged' });
    }
    expect(found).toMatchObject({ restart: { same: true }, renewal: { same: false } });
  });

  test('of another application is one line', () => {
    expect(lines({ release: { ...image(), name: 'bank' }, meant: moved })).toEqual(['release shop']);
  });

  test('that was loaded hot and not made permanent is a difference to a restart, since then', () => {
    const loadedAt = booted + 3_600_000;
    const found = look({
      release,
      running: runs(release),
      meant: moved,
      seen: { startup: { boots: '1.0.0', loadedAt } },
    });
    expect(found.differences).toEqual([
      {
        kind: 'restart',
        subject: '2.0.0',
        message: 'runs and was never made permanent: a restart of the container boots 1.0.0',
        since: { at: '2026-01-02T04:00:00.000Z' },
      },
    ]);
    expect(found).toMatchObject({
      restart: { boots: '1.0.0', same: false },
      renewal: { same: true },
      history: [{ what: 'the VM started' }, { what: '2.0.0 was loaded hot', at: '2026-01-02T04:00:00.000Z' }],
    });
  });

  test('that this VM has booted was not loaded hot by it, whenever it came', () => {
    const startup = { boots: '2.0.0', loadedAt: booted - 3_600_000, permanentAt: booted - 3_590_000 };
    expect(look({ release, running: runs(release), meant: moved, seen: { startup } })).toMatchObject({
      state: 'equal',
      history: [
        { what: '2.0.0 was brought in by a hot deploy' },
        { what: '2.0.0 was made permanent' },
        { what: 'the VM started' },
      ],
    });
  });
});

describe('settings', () => {
  const environment = (...more: Fingerprints): Partial<NodeState> => ({ environment: [...settings, ...more] });

  test('are told by their keys: set, changed and unset at run time', () => {
    const state = {
      environment: [
        ['shop', 'port', 'Z'],
        ['cart', 'token', 'C'],
      ],
    } as const;
    expect(lines({ state })).toEqual(['setting cart:token', 'setting shop:motto', 'setting shop:port']);
    expect(look({ state }).differences.every(({ since }) => JSON.stringify(since) === JSON.stringify(inVm))).toBe(true);
  });

  test('that the release sets itself when it starts are none, equal or not', () => {
    const boot = { state: node(environment(['shop', 'started', 'C'])) };
    expect(lines({ boot, state: environment(['shop', 'started', 'C']) })).toEqual([]);
    expect(lines({ boot, state: environment(['shop', 'started', 'D']) })).toEqual([]);
  });

  test('of the kernel count only where they are configured, for the rest is what VM this is', () => {
    expect(lines({ state: environment(['kernel', 'os', 'C']) })).toEqual([]);
    const configured = [...settings, ['kernel', 'logger', 'C']] as const;
    expect(
      lines({
        state: environment(['kernel', 'logger', 'D']),
        seen: { configured },
        boot: { configured, state: node(environment(['kernel', 'logger', 'C'])) },
      }),
    ).toEqual(['setting kernel:logger']);
  });

  test('that another version configures differently are told as such', () => {
    const configured = [['shop', 'port', 'X']] as const;
    const found = look({
      release: bumped(image(), '2.0.0'),
      boot: { configured, state: node({ environment: configured }) },
    });
    expect(found.differences.filter(({ kind }) => kind === 'setting')).toMatchObject([
      { subject: 'shop:motto', message: 'is configured in what runs, and not by the image' },
      { subject: 'shop:port', message: 'is configured differently by the image' },
    ]);
  });

  test('that cannot be resolved are not said to be equal', () => {
    expect(look({ seen: { configured: { unknown: 'runtime.exs failed' } } })).toMatchObject({
      state: 'unclear',
      notCompared: ['the settings: runtime.exs failed'],
    });
  });
});

describe('children', () => {
  const now = (...children: Parameters<typeof supervisor>[0]) => ({ state: { tree: { shop: supervisor(children) } } });

  test('that were terminated, deleted or added are named by their place', () => {
    expect(lines(now(worker('till'), worker('clerk', { running: false })))).toEqual(['child shop/clerk']);
    expect(lines(now(worker('till')))).toEqual(['child shop/clerk']);
    expect(lines(now(worker('till'), worker('clerk'), worker('guest')))).toEqual(['child shop/guest']);
  });

  test('of a supervisor that does not run are not named one by one', () => {
    const inner = supervisor([worker('one'), worker('two')], { id: 'inner', running: true });
    const boot = { state: node({ tree: { shop: supervisor([inner]) } }) };
    const { children: _, ...ended } = inner;
    expect(lines({ ...now({ ...ended, running: false }), boot })).toEqual(['child shop/inner']);
  });

  test('that do not run after a cold boot either are no difference', () => {
    const boot = { state: node({ tree: { shop: supervisor([worker('till', { running: false })]) } }) };
    expect(lines({ ...now(worker('till', { running: false })), boot })).toEqual([]);
  });

  test('that are temporary and have done their work are none', () => {
    const spec = { portable: true, text: '#{id=>once,restart=>temporary}', start: '{once,go,[]}', closures: [] };
    const boot = { state: node({ tree: { shop: supervisor([worker('till'), worker('once', { spec })]) } }) };
    expect(lines({ ...now(worker('till')), boot })).toEqual([]);
  });

  test('of an application that has stopped are told by its name', () => {
    expect(lines({ state: { tree: {} } })).toEqual(['child shop']);
  });

  test('cannot be compared without a cold boot, which is said', () => {
    const found = look({ ...now(worker('till', { running: false })), seen: { boot: { unknown: 'it did not boot' } } });
    expect(found.differences).toMatchObject([{ subject: 'shop/till', message: expect.stringContaining('not known') }]);
    expect(found.notCompared).toEqual([
      'the supervision tree, what acme/shop:live configures, and which settings the release gives itself: it did not boot',
    ]);
  });
});

test('processes in old code and suspended ones are named', () => {
  const state = {
    oldCode: [{ pid: '<0.1.0>', modules: ['Elixir.Cart'] }],
    suspended: [{ pid: '<0.2.0>', name: 'till', modules: [] }],
  };
  expect(lines({ state })).toEqual(['process Elixir.Cart <0.1.0>', 'process till <0.2.0>']);
});

test('what only a new container would take up is told: settings of the image, files outside and inside the release', () => {
  const files = { ...image().files, 'releases/VSN/vm.args': 'other', 'lib/shop-1.0.0/priv/logo.svg': 'other' };
  const seen = { image: { settings: ['ENV MOOD'], files: ['/etc/motd'], overlays: ['etc/shop.toml'] } };
  expect(lines({ release: image({ files }), seen })).toEqual([
    'file lib/shop-1.0.0/priv/logo.svg',
    'file releases/1.0.0/vm.args',
    'container ENV MOOD',
    'file etc/shop.toml',
    'file /etc/motd',
  ]);
});

test('another runtime is told once, and not by each of its files', () => {
  const seen = { image: { settings: [], files: [], overlays: ['erts-14/bin/erl', 'etc/shop.toml'] } };
  expect(lines({ release: image({ erts: '14.0', otp: '26' }), seen })).toEqual(['release erts', 'file etc/shop.toml']);
});

test('whatever makes a cold boot of the image another one is named', () => {
  fc.assert(
    fc.property(anyImage, anyImage, (one, other) => {
      const running = runs(one);
      expect(lines({ release: other, running, meant: { madeFrom: false } }).length > 0).toBe(
        !compare(running, other).same,
      );
    }),
  );
});

test('whatever single module differs, it is named', () => {
  for (const module of Object.keys(runs(image()).modules)) {
    expect(expectedModules(image())).toHaveProperty([module]);
    expect(lines({ running: patched(module), state: onDisk(module, 'by hand') })).toEqual([
      expect.stringMatching(new RegExp(`^(module|protocol) ${module}$`)),
    ]);
  }
});
