import { expect, it } from 'vitest';
import { asInImage, directoryOf, moved, placedVersion } from '../../src/release/placement.js';
import { application, image } from '../support/world/facts.js';

const at = (directory: string | null, name = 'cart') => ({ name, version: '1.0.0', directory });

it.each<[string | null, string]>([
  ['/app/lib/cart-1.0.0', 'cart-1.0.0'],
  ['/app/lib/cart-1.0.0+3f2a', 'cart-1.0.0+3f2a'],
  // Nobody but the release's own directory is written to.
  ['/usr/lib/erlang/lib/cart-1.0.0+3f2a', 'cart-1.0.0'],
  ['/app/lib/more/cart-1.0.0+3f2a', 'cart-1.0.0'],
  [null, 'cart-1.0.0'],
])('an application in %s lies in the directory %s of the release', (directory, expected) => {
  expect(directoryOf('/app', at(directory))).toBe(expected);
});

it('files are named as in an image, wherever a deploy has placed their application', () => {
  const files = {
    'lib/cart-1.0.0/priv/logo.svg': 'old',
    'lib/cart-1.0.0+3f2a/priv/logo.svg': 'new',
    'lib/shop-1.0.0/priv/logo.svg': 'shop',
    'lib/README': 'read',
    'releases/VSN/sys.config': 'settings',
  };
  expect(asInImage(files, '/app', [at('/app/lib/cart-1.0.0+3f2a'), at('/app/lib/shop-1.0.0', 'shop')])).toEqual({
    'lib/cart-1.0.0/priv/logo.svg': 'new',
    'lib/shop-1.0.0/priv/logo.svg': 'shop',
    'lib/README': 'read',
    'releases/VSN/sys.config': 'settings',
  });
  expect(asInImage(files, '/app', [at('/app/lib/cart-1.0.0')])).toEqual(files);
});

it('an application is moved if its directory is not that of its version', () => {
  const release = image({ applications: [application('cart', []), application('shop', [])] });
  const placement = new Map([
    ['cart', 'cart-1.0.0+3f2a'],
    ['shop', 'shop-1.0.0'],
  ]);
  expect(moved(release, placement)).toEqual([{ name: 'cart', version: '1.0.0', directory: 'cart-1.0.0+3f2a' }]);
  expect(placedVersion('cart', 'cart-1.0.0+3f2a')).toBe('1.0.0+3f2a');
});
