import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../src/hot-load/make-manifest.js';
import { compare } from '../../src/release/compare.js';
import { consolidatedOf, ownLibrary, startHooks } from '../../src/release/distillery.js';
import { partsOf } from '../../src/strategies/modules/gather.js';
import { bumped, digest, image, runs } from '../support/world/facts.js';

const withFiles = (...paths: readonly string[]) => ({
  files: { ...image().files, ...Object.fromEntries(paths.map((path) => [path, digest(path)])) },
});
const distilled = image(withFiles('releases/VSN/libexec/config.sh', 'releases/VSN/shop.sh'));
const path = (version: string) => [`/app/lib/shop-${version}/consolidated`, '/app/lib/shop-1.0.0/ebin'];

describe('a release by distillery', () => {
  it('has its protocols in the library that is called as it, and one by mix in the directory of its version', () => {
    expect(consolidatedOf(distilled)).toBe('lib/shop-1.0.0/consolidated');
    expect(consolidatedOf(image())).toBe('releases/1.0.0/consolidated');
    expect([ownLibrary(distilled), ownLibrary(image())]).toEqual(['lib/shop-1.0.0', undefined]);
  });

  it('exchanges them where they lie, and keeps that directory to go back by', () => {
    const running = { ...runs(distilled), codePath: path('1.0.0') };
    const next = { ...bumped(distilled, '1.1.0', []), protocols: { 'Elixir.Shop.Price': digest('other') } };
    const change = compare(running, next);
    expect(change).toMatchObject({ protocols: ['Elixir.Shop.Price'], files: [], overlays: [] });
    expect(partsOf({ running, next, change, placement: new Map(), modules: [] })[0]).toMatchObject({
      ...{ application: null, from: path('1.0.0')[0], to: path('1.1.0')[0] },
    });
    const made = { updates: [], loads: [], removed: [], added: [], images: { from: '1', to: '2' }, directories: [] };
    expect(manifestOf(running, next, change, made).directories.from).toEqual(['lib/shop-1.0.0', 'releases/1.0.0']);
  });

  it('names versions in files that nobody reads at a start: boot scripts of tools, its own archive', () => {
    const paths = [
      'bin/start_clean.boot',
      'bin/no_dot_erlang.boot',
      'releases/VSN/config.boot',
      'releases/VSN/shop.tar.gz',
    ];
    const changed = Object.fromEntries(paths.map((each) => [each, digest('other')]));
    const next = { ...bumped(distilled, '1.1.0'), files: { ...distilled.files, ...changed } };
    expect(
      compare(runs(image({ ...distilled, ...withFiles(...paths, ...Object.keys(distilled.files)) })), next).files,
    ).toEqual([]);
    const started = { ...next, files: { ...next.files, 'releases/VSN/shop.sh': digest('other') } };
    expect(compare(runs(distilled), started).files).toEqual(['releases/VSN/shop.sh']);
  });

  it('has hooks that a start reads, and others', () => {
    const hooks = ['pre_start', 'post_configure', 'pre_stop', 'post_upgrade'].map(
      (name) => `releases/VSN/hooks/${name}.d/a.sh`,
    );
    expect(startHooks(image(withFiles(...hooks)))).toEqual([
      '/app/releases/1.0.0/hooks/pre_start.d/a.sh',
      '/app/releases/1.0.0/hooks/post_configure.d/a.sh',
    ]);
  });
});
