import { expect, it } from 'vitest';
import { commitPath } from '../../src/hot-load/commit.js';
import type { UpgradePath } from '../../src/hot-load/path.js';
import type { UpdateContext } from '../../src/strategies/context.js';
import type { OpenUpdate } from '../../src/strategies/strategy.js';

/** A new container that the engine refuses to make. */
const instead = {
  open: () => ({
    apply: async () => ({ outcome: 'refused', id: 'c0', message: 'web was not changed: no space left.' }),
  }),
};

it('makes what was loaded hot final where no new container can end its old code', async () => {
  const [asked, steps]: [string[], string[]] = [[], []];
  const answers: Readonly<Record<string, unknown>> = {
    unload_old: { lingering: [{ pid: '<0.1.0>' }] },
    make_permanent: { result: 'permanent' },
  };
  const node = {
    ask: async (request: { function: string }) => {
      asked.push(request.function);
      return answers[request.function] ?? {};
    },
  };
  const work = {
    log: { info: () => undefined, warning: () => undefined },
    clock: { now: () => 0, sleep: async () => undefined },
    inputs: { drainMs: 0, lingering: 'restart', keep: 0 },
    signal: new AbortController().signal,
    phase: async (_: string, step: () => Promise<unknown>) => await step(),
    down: async (task: () => Promise<unknown>) => await task(),
    record: async (step: string) => void steps.push(step),
  } as unknown as UpdateContext;
  const release = { version: '1.0.0', node };
  const ways = [{ from: '1.0.0', to: '2.0.0', loads: ['web'], updates: [] }];
  const path = { name: 'web', container: { Id: 'c0' }, running: release, direction: 'up', steps: ways };
  const settled = await commitPath(
    work,
    path as unknown as UpgradePath,
    { outcome: 'deployed', id: 'c0' },
    instead.open() as unknown as OpenUpdate,
  );
  expect(settled).toMatchObject({ outcome: 'deployed', lingering: [{ pid: '<0.1.0>' }] });
  expect(settled.warnings?.[0]).toBe('web was not changed: no space left. Its processes stay in old code.');
  expect(asked).toContain('make_permanent');
  expect(steps).toEqual(['settle', 'settle', 'done']);
});
