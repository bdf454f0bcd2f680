import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/docker/details.js';
import type { ContainerSummary, Engine } from '../../src/docker/engine.js';
import { recover } from '../../src/recover.js';
import type { Draft } from '../../src/reporting.js';

const ids = { 'web-1': 'a'.repeat(64), 'web-2': 'b'.repeat(64) };

it('one container that cannot be set right keeps nobody from setting right the others', async () => {
  // Two that were stopped, and whose new ones were taken away. Nothing could be written down in them.
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, `${name}.hot-deploy-old-${id.slice(0, 12)}`]));
  const running = new Set<string>();
  const details = (key: string) => {
    const id = [...names].find(([each, name]) => each === key || name === key)?.[0];
    if (id === undefined) return undefined;
    const state = { Running: running.has(id), Status: running.has(id) ? 'running' : 'exited' };
    return {
      ...{ Id: id, Name: `/${names.get(id)}`, RestartCount: 0, State: state, Config: {}, HostConfig: {} },
    } as unknown as ContainerDetails;
  };
  let now = 0;
  const engine: Partial<Engine> = {
    containers: async () =>
      [...names].map(
        ([id, name]): ContainerSummary => ({
          ...{ id, names: [name], labels: {}, createdAt: 0, networkMode: 'bridge' },
          state: running.has(id) ? 'running' : 'exited',
        }),
      ),
    findContainer: async (id) => details(id),
    inspectContainer: async (id) => details(id) ?? Promise.reject(new Error(`no ${id}`)),
    startContainer: async (id) => {
      if (id === ids['web-1']) throw new Error('its port is taken');
      running.add(id);
    },
    renameContainer: async (id, name) => void names.set(id, name),
    added: async () => [],
  };
  const quiet = {
    ...{ info: () => undefined, warning: () => undefined, debug: () => undefined },
    group: async (_: string, work: () => Promise<unknown>) => await work(),
  };
  const pass = async (ms: number) => {
    now += ms;
  };
  const draft = {
    inputs: { containers: Object.keys(ids).map((name) => ({ by: 'name', name })), environment: 'production' },
    world: {
      log: quiet,
      clock: { now: () => now, date: () => now, sleep: pass },
      signal: new AbortController().signal,
    },
  } as unknown as Draft;
  await expect(recover(engine as Engine, draft)).rejects.toThrow(
    'web-1 was left half-way by a run that was cut off, and could not be set right: its port is taken. Look at it now.',
  );
  expect([...running]).toEqual([ids['web-2']]);
  expect(names.get(ids['web-2'])).toBe('web-2');
});
