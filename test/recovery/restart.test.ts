import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { ContainerSummary, Engine } from '../../src/engines/engine.js';
import { nonceLabel, runLabel } from '../../src/engines/throw-away.js';
import type { Entry, Step } from '../../src/journal/entry.js';
import type { RecoveryContext } from '../../src/strategies/recovery.js';
import { recoverReplacement } from '../../src/strategies/recreate/recover.js';
import { details as claimed, entry } from '../journal/entries.js';

const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)] as const;

/** A restart whose new container was made, and whose old one still runs: up to `endsAt`, where it is being stopped. */
function world({
  endsAt = Number.POSITIVE_INFINITY,
  stopSeconds,
  restarts = 0,
}: {
  endsAt?: number;
  stopSeconds?: number;
  restarts?: number;
} = {}) {
  let now = 0;
  let stopAt = endsAt;
  const pass = (ms: number) => {
    now += ms;
  };
  const said: string[] = [];
  const names = new Map<string, string>([
    [old, 'web'],
    [fresh, `web.hot-deploy-new-${old.slice(0, 12)}`],
  ]);
  const runs = (id: string) => id === old && now < stopAt;
  const details = (id: string): ContainerDetails | undefined =>
    names.has(id)
      ? ({
          Id: id,
          Name: `/${names.get(id)}`,
          State: { Running: runs(id), Status: id === fresh ? 'created' : 'running', ExitCode: 0 },
          RestartCount: restarts,
          Config: { Image: 'app:1', ...(stopSeconds !== undefined && { StopTimeout: stopSeconds }) },
          HostConfig: {},
        } as unknown as ContainerDetails)
      : undefined;
  const engine: Partial<Engine> = {
    containers: async () =>
      [...names].map(
        ([id, name]): ContainerSummary => ({
          ...{ id, names: [name], createdAt: 0, networkMode: 'bridge' },
          labels: id === fresh ? { [nonceLabel]: claimed.nonce, [runLabel]: claimed.run } : {},
          state: runs(id) ? 'running' : 'exited',
        }),
      ),
    findContainer: async (id) => details(id),
    inspectContainer: async (id) => details(id) ?? Promise.reject(new Error(`no ${id}`)),
    stopContainer: async () => undefined,
    startContainer: async (id) => {
      if (id === old) stopAt = Number.POSITIVE_INFINITY;
    },
    removeContainer: async (id) => void names.delete(id),
    renameContainer: async (id, name) => void names.set(id, name),
    logs: async () => '',
  };
  const around = {
    engine,
    inputs: { healthTimeoutMs: 120_000 },
    log: { info: (line: string) => void said.push(line), warning: () => undefined, debug: () => undefined },
    clock: { now: () => now, date: () => now, sleep: async (ms: number) => pass(ms) },
  } as unknown as RecoveryContext;
  return {
    repaired: async (step: Step, direction: 'undo' | 'finish' = 'undo', way: Entry['way'] = 'recreate') =>
      await recoverReplacement(around, 'web', direction, entry(step, { id: old, way })),
    said,
    passed: () => now,
    after: (ms: number) => {
      pass(ms);
      return [...names].map(([id, name]) => `${name} ${runs(id) ? 'runs' : 'does not run'}`);
    },
  };
}

it.each(['stop', 'restore'] as const)(
  'a stop that the engine still carries out is waited for, and the old container serves after it: step %s',
  async (step) => {
    const { repaired, after } = world({ endsAt: 8_000 });
    expect(await repaired(step)).toMatchObject({ kind: 'repaired' });
    expect(after(60_000)).toEqual(['web runs']);
  },
);

it('it takes as long as the container may take to end', async () => {
  const { repaired, after, said } = world({ endsAt: 40_000, stopSeconds: 45 });
  expect(await repaired('stop')).toMatchObject({ kind: 'repaired' });
  expect(after(60_000)).toEqual(['web runs']);
  expect(said).toEqual(['web may have been asked to end: waiting for that up to 46 s']);
});

it('does not wait if no stop can have been asked for', async () => {
  const { repaired, passed } = world();
  expect(await repaired('create')).toMatchObject({ kind: 'repaired' });
  expect(passed()).toBeLessThan(5_000);
});

it.each(['relup', 'downgrade', 'modules'] as const)(
  'a restart that had not begun is taken away where the new version is to stay: loaded hot it is made final as it is, by %s',
  async (way) => {
    const { repaired, after } = world();
    expect(await repaired('create', 'finish', way)).toBeUndefined();
    expect(after(0)).toEqual(['web runs']);
  },
);

it('nothing else stands in for a new container that did not come up', async () => {
  const { repaired } = world();
  expect(await repaired('create', 'finish')).toMatchObject({ kind: 'failed' });
});

it('a container that was never stopped is as healthy as it was, also where its restart policy has started it once', async () => {
  const { repaired } = world({ restarts: 1 });
  expect(await repaired('create')).toEqual({
    kind: 'repaired',
    how: 'the container that ran before serves again',
  });
});
