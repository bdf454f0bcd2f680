import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../src/hot-load/make-manifest.js';
import { downgradeRequest, mismatches, type UpgradeManifest, upgradeRequest } from '../../src/hot-load/manifest.js';
import { effectOf } from '../../src/hot-load/script.js';
import { parseManifest } from '../../src/hot-load/stored-manifest.js';
import { compare } from '../../src/release/compare.js';
import { expectedModules } from '../../src/release/release.js';
import { anyImage, bumped, changing, digest, image, runs, script } from '../support/world/facts.js';

const up = { file: 'releases/1.1.0/hot-deploy.sha256', sha256: 'a'.repeat(64) };
const down = { file: 'releases/1.1.0/hot-deploy-down.sha256', sha256: 'b'.repeat(64) };

const old = image();
const next = changing(bumped(old, '1.1.0', ['shop']), 'shop', ({ modules }) => ({
  modules: { ...modules, 'Elixir.Shop.Till': digest('till, new'), 'Elixir.Shop.Sale': digest('sale') },
}));
const relup = {
  relup: '',
  restarts: false,
  warnings: [],
  up: script({ loads: ['Elixir.Shop.Till', 'Elixir.Shop.Sale'], holds: ['Elixir.Shop.Till'] }),
  down: script({ loads: ['Elixir.Shop.Till'], removes: ['Elixir.Shop.Sale'] }),
};
const made = (from = old, to = next): UpgradeManifest => ({
  ...manifestOf(runs(from), to, compare(runs(from), to), {
    ...effectOf(relup),
    images: { from: 'sha256:1', to: 'sha256:2' },
    directories: ['lib/shop-1.1.0', 'releases/1.1.0'],
  }),
  checksums: { up, down },
});
const stored = (change: (way: Record<string, unknown>) => void = () => undefined): string => {
  const way = structuredClone({ ...made(), checksums: { down } }) as unknown as Record<string, unknown>;
  change(way);
  return JSON.stringify(way);
};

describe('the way that a deploy leaves', () => {
  it('is read as it was written', () => {
    expect(parseManifest(stored(), '1.1.0', up)).toEqual(made());
  });

  it('leads down as it led up, with what has to be gone afterwards', () => {
    const { node } = runs(old);
    const [there, back] = [upgradeRequest(made(), node, '/app', 500), downgradeRequest(made(), node, '/app', 500)];
    expect(there).toMatchObject({ from: '1.0.0', to: '1.1.0', gone: [], checksums: up });
    expect(back).toMatchObject({ from: '1.1.0', to: '1.0.0', gone: ['Elixir.Shop.Sale'], checksums: down });
    expect(there.applications).toContainEqual(['shop', '1.1.0']);
    expect(back.applications).toContainEqual(['shop', '1.0.0']);
    expect([there.loads, there.updates]).toEqual([back.loads, back.updates]);
  });

  it('knows the older release by its directories, and not those that both have', () => {
    expect(made().directories.from).toEqual(['lib/shop-1.0.0', 'releases/1.0.0']);
  });

  const hostile: readonly (readonly [string, (way: Record<string, unknown>) => void])[] = [
    ['is of another schema', (way) => void Object.assign(way, { schema: 2 })],
    ['is to another version', (way) => void Object.assign(way, { to: '1.2.0' })],
    ['leads to where it begins', (way) => void Object.assign(way, { from: '1.1.0' })],
    ['begins at a path', (way) => void Object.assign(way, { from: '../../etc' })],
    [
      'climbs out by a directory',
      (way) => void Object.assign(way, { directories: { from: ['lib/../../etc'], to: [] } }),
    ],
    ['climbs out by dots alone', (way) => void Object.assign(way, { directories: { from: ['lib/..'], to: [] } })],
    ['names an absolute directory', (way) => void Object.assign(way, { directories: { from: ['/etc'], to: [] } })],
    ['names modules that are no text', (way) => void Object.assign(way, { loads: [1] })],
    ['names a module longer than an atom', (way) => void Object.assign(way, { updates: ['a'.repeat(256)] })],
    [
      'has digests that are none',
      (way) => void Object.assign(way, { modules: { same: { a: 'x' }, from: {}, to: {} } }),
    ],
    ['has applications without version', (way) => void Object.assign(way, { applications: { from: [['a']], to: [] } })],
    [
      'checks another file',
      (way) => void Object.assign(way, { checksums: { down: { ...down, file: '/etc/passwd' } } }),
    ],
    ['says nothing of the way down', (way) => void Object.assign(way, { checksums: { up } })],
  ];
  it.each(hostile)('is none where it %s', (_, change) => {
    expect(parseManifest(stored(change), '1.1.0', up)).toBeUndefined();
  });

  it('is none where it is torn, at whatever place, or is some other JSON', () => {
    const whole = stored();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(parseManifest(whole.slice(0, length), '1.1.0', up)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseManifest(json, '1.1.0', up)).toBeUndefined();
      }),
    );
  });
});

describe('a node at one end of it', () => {
  it('is told from one at the other, whatever the releases', () => {
    fc.assert(
      fc.property(anyImage, anyImage, (from, to) => {
        fc.pre(from.version !== to.version);
        const removes = Object.keys(runs(from).modules).filter((module) => !(module in expectedModules(to)));
        const way: UpgradeManifest = {
          ...manifestOf(runs(from), to, compare(runs(from), to), {
            ...effectOf({ ...relup, up: script({ removes }) }),
            images: { from: '1', to: '2' },
            directories: [],
          }),
          checksums: { up, down },
        };
        expect(mismatches(way, 'from', runs(from).modules)).toEqual([]);
        expect(mismatches(way, 'to', runs(to).modules)).toEqual([]);
        const differ = JSON.stringify(way.modules.from) !== JSON.stringify(way.modules.to);
        expect(mismatches(way, 'to', runs(from).modules).length > 0).toBe(differ);
      }),
    );
  });

  it('may have loaded what no application starts, and may not have patched what both have', () => {
    const modules = { ...runs(next).modules };
    expect(mismatches(made(), 'to', { ...modules, 'Elixir.IEx': digest('any'), by_hand: digest('any') })).toEqual([]);
    expect(mismatches(made(), 'to', { ...modules, 'Elixir.Cart': digest('patched') })).toEqual(['Elixir.Cart']);
    expect(mismatches(made(), 'from', modules)).toEqual(['Elixir.Shop.Sale', 'Elixir.Shop.Till']);
  });
});
