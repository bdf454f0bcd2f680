import { expect, it } from 'vitest';
import { endedWarnings } from '../../src/hot-load/ended.js';
import type { AfterSwitch } from '../../src/hot-load/switch.js';
import { type Node, NodeUnreachable } from '../../src/node/node.js';

const after = (...watched: readonly (readonly [pid: string, module: string])[]) =>
  ({ watched: watched.map(([pid, module]) => ({ pid, module })) }) as unknown as AfterSwitch;
const node = (answer: () => unknown) => ({ ask: async () => answer() }) as unknown as Node;

const pages = after(['<0.1.0>', 'Elixir.Shop.Page'], ['<0.2.0>', 'Elixir.Shop.Page'], ['<0.3.0>', 'shop_store']);

it('processes that ended during the soak are told by their module, with how many there were', async () => {
  expect(
    await endedWarnings(
      'web',
      node(() => ['<0.2.0>']),
      pages,
    ),
  ).toEqual(['web: 1 of 2 processes that ran Shop.Page ended during the soak']);
});

it('nothing is told where all of them live', async () => {
  expect(
    await endedWarnings(
      'web',
      node(() => []),
      pages,
    ),
  ).toEqual([]);
});

it('a node that does not say so is told, and fails no deploy', async () => {
  const silent = node(() => {
    throw new NodeUnreachable('no answer');
  });
  expect(await endedWarnings('web', silent, pages)).toEqual([
    'web: hot-deploy could not ask which processes ended during the soak: no answer',
  ]);
});
