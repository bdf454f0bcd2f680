import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { annotations } from '../../src/github/annotations.js';
import type { ReasonCode } from '../../src/reasons/codes.js';
import { report } from '../report/sample.js';

const git = (...words: readonly string[]) => promisify(execFile)('git', words);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-annotations-'));
  await git('init', '--quiet', folder);
});
afterEach(() => rm(folder, { recursive: true }));

async function has(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const of = (...reasons: readonly (readonly [ReasonCode, string])[]) => within(folder, reasons);

async function within(context: string, reasons: readonly (readonly [ReasonCode, string])[]) {
  const all = reasons.map(([code, subject]) => ({
    code,
    subject,
    message: `about ${subject}`,
    blocks: ['relup'] as const,
  }));
  return await annotations({ ...report, reasons: all, containers: [] }, context);
}

test('a process whose state has another shape is shown at the line where its module begins', async () => {
  await has({
    'apps/shop/lib/cart.ex': '# a cart\n\n  defmodule Shop.Cart do\n  end\n',
    'apps/shop/lib/carts.ex': 'defmodule Shop.Carts do\nend\n',
    'deps/shop/lib/cart.ex': 'defmodule Shop.Cart do\nend\n',
  });
  expect(await of(['state-shape-changed', 'Shop.Cart'])).toEqual([
    { file: 'apps/shop/lib/cart.ex', line: 3, title: 'A code_change is missing', message: 'about Shop.Cart' },
  ]);
});

test('an Erlang module is found by the name of its file', async () => {
  await has({ 'src/shop_cart.erl': '-module(shop_cart).\n', 'src/my_shop_cart.erl': '' });
  expect(await of(['state-shape-changed', 'shop_cart'])).toMatchObject([{ file: 'src/shop_cart.erl', line: 1 }]);
});

test.each([
  [{ 'rel/appups/shop/0.1.0_to_0.2.0.appup': '', 'mix.exs': '' }, 'rel/appups/shop/0.1.0_to_0.2.0.appup'],
  [{ 'src/shop.appup.src': '', 'src/shop.app.src': '' }, 'src/shop.appup.src'],
  [{ 'apps/shop/mix.exs': '', 'mix.exs': '' }, 'apps/shop/mix.exs'],
  [{ 'mix.exs': '' }, 'mix.exs'],
])('an appup that is missing is shown where it would be: %j', async (files, file) => {
  await has(files);
  expect(await of(['appup-missing', 'shop'])).toMatchObject([{ file, line: 1 }]);
  expect(await of(['appup-incomplete', 'shop: Shop.Cart'])).toMatchObject([{ file }]);
});

test('each is shown once, ten at most, and what is found nowhere is left out', async () => {
  await has(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`src/m${at}.erl`, ''])));
  const reasons = Array.from({ length: 12 }, (_, at) => ['state-shape-changed', `m${at}`] as const);
  expect(await of(...reasons, ...reasons)).toHaveLength(10);
  expect(await of(['state-shape-changed', 'No.Such'], ['state-shape-changed', '../../etc/passwd'])).toEqual([]);
});

test('what nobody mends by writing code has none', async () => {
  await has({ 'mix.exs': '' });
  expect(await of(['erts-changed', 'erts'])).toEqual([]);
});

test('its path is that in the repository, whatever folder of it is built, and wherever it was checked out', async () => {
  await has({ 'shop/src/cart.erl': '' });
  const cart: readonly [ReasonCode, string] = ['state-shape-changed', 'cart'];
  expect(await within(join(folder, 'shop'), [cart])).toMatchObject([{ file: 'shop/src/cart.erl' }]);
  await rm(join(folder, '.git'), { recursive: true });
  await git('init', '--quiet', join(folder, 'shop'));
  expect(await within(join(folder, 'shop'), [cart])).toMatchObject([{ file: 'src/cart.erl' }]);
});
