import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { ContainerSummary, Engine } from '../../src/engines/engine.js';
import type { UpdateContext } from '../../src/strategies/context.js';
import { commitRestart } from '../../src/strategies/recreate/restart.js';
import type { TargetPlan } from '../../src/strategies/strategy.js';

const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)] as const;

/** The new container as the engine shows it once all of the fleet came through; undefined where --rm took it away. */
async function settled(state: { status: string; Running: boolean; Restarting?: boolean } | undefined) {
  const listed = (id: string, name: string, status: string): ContainerSummary => ({
    ...{ id, names: [name], labels: {}, state: status, createdAt: 0, networkMode: 'bridge' },
  });
  const details = (Id: string, Name: string, State: object) =>
    ({ Id, Name, State, Config: { Labels: {}, Image: 'app:1' }, HostConfig: {} }) as ContainerDetails;
  const engine: Partial<Engine> = {
    containers: async () => [
      listed(old, `web.hot-deploy-old-${old.slice(0, 12)}`, 'exited'),
      ...(state ? [listed(fresh, 'web', state.status)] : []),
    ],
    findContainer: async (id) => {
      if (id === old) return details(old, `/web.hot-deploy-old-${old.slice(0, 12)}`, { Running: false });
      return state && details(fresh, '/web', state);
    },
    renameContainer: async () => undefined,
  };
  const quiet = { info: () => undefined, warning: () => undefined, debug: () => undefined };
  const work = {
    engine,
    log: quiet,
    inputs: { keep: 3 },
    phase: async (_: string, step: () => Promise<unknown>) => await step(),
    record: async () => undefined,
    claim: { id: old, nonce: 'n' },
    isKept: () => true,
  };
  return await commitRestart(work as unknown as UpdateContext, { name: 'web' } as TargetPlan, {
    outcome: 'deployed',
    id: fresh,
  });
}

it.each([
  ['has ended', { status: 'exited', Running: false }],
  ['ends again and again', { status: 'restarting', Running: true, Restarting: true }],
  ['is gone', undefined],
])('a new container that %s before it is made final was not deployed', async (_, state) => {
  expect(await settled(state)).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('web was healthy on the new image, and has ended since'),
  });
});

it('one that serves was', async () => {
  expect(await settled({ status: 'running', Running: true })).toMatchObject({ outcome: 'deployed', warnings: [] });
});
