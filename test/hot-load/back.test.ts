import { expect, it } from 'vitest';
import { rollBack, type UpgradePath } from '../../src/hot-load/path.js';
import type { Request } from '../../src/node/agent.js';
import { write } from '../../src/node/term.js';
import type { UpdateContext } from '../../src/strategies/context.js';

const way = (from: string, to: string) => ({
  ...{ schema: 1, release: 'shop', from, to, loads: [], updates: [], removed: [], added: [] },
  applications: { from: [], to: [] },
  modules: { same: {}, from: {}, to: {} },
  checksums: { up: { file: 'up', sha256: '' }, down: { file: 'down', sha256: '' } },
});

it.each([
  ['up', [way('1', '2'), way('2', '3')], ['2', '1']],
  ['down', [way('2', '3'), way('1', '2')], ['2', '3']],
] as const)(
  'a path that was gone %s over several releases is gone back over the same, the last one first',
  async (direction, steps, expected) => {
    const gone: string[] = [];
    const node = {
      fingerprints: async () => [],
      prepare: () => ({
        go: async ({ argument }: Request) => {
          gone.push(/'to'=>"([^"]+)"/.exec(write(argument))?.[1] ?? '');
          const identity = { version: gone.at(-1), modules: {}, applications: [], osPid: '1', uptimeMs: 1 };
          const answer = {
            result: 'installed',
            microseconds: 1,
            held: 0,
            identity,
            tree: { applications: {} },
            remaining: [],
          };
          return { ...answer, environment: { matching: 0, differing: [] }, oldCode: [] };
        },
        cancel: async () => undefined,
      }),
    };
    let now = 0;
    const work = {
      engine: { findContainer: async () => undefined, inspectContainer: async () => Promise.reject(new Error('gone')) },
      log: { info: () => undefined, warning: () => undefined },
      clock: {
        now: () => now,
        sleep: async (ms: number) => {
          now += ms;
        },
      },
      inputs: { onFailure: 'rollback', suspendTimeoutMs: 1_000 },
      phase: async (_: string, step: () => Promise<unknown>) => await step(),
      down: async (task: () => Promise<unknown>) => await task(),
      record: async () => undefined,
    } as unknown as UpdateContext;
    const running = { version: direction === 'up' ? '1' : '3', node, root: '/app' };
    const path = { name: 'web', container: { Id: 'c0' }, running, direction, steps };
    await rollBack(work, path as unknown as UpgradePath, 'the fleet goes back').catch(() => undefined);
    expect(gone).toEqual(expected);
  },
);
