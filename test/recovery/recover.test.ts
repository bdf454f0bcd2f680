import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { ContainerSummary, Engine } from '../../src/engines/engine.js';
import { replacesLabel } from '../../src/engines/throw-away.js';
import type { Entry, Step } from '../../src/journal/entry.js';
import { readJournal } from '../../src/journal/journal.js';
import { recover } from '../../src/recovery/recover.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import { disks } from '../ledger/disks.js';

const ids = { 'web-1': 'a'.repeat(64), 'web-2': 'b'.repeat(64) };

/** A run about both, whose clock goes on where it sleeps. */
function draftOf(): CurrentRun {
  let now = 0;
  const pass = async (ms: number) => {
    now += ms;
  };
  const quiet = {
    ...{ info: () => undefined, warning: () => undefined, debug: () => undefined },
    group: async (_: string, work: () => Promise<unknown>) => await work(),
  };
  return {
    inputs: { containers: Object.keys(ids).map((name) => ({ by: 'name', name })), environment: 'production' },
    world: {
      log: quiet,
      clock: { now: () => now, date: () => now, sleep: pass },
      signal: new AbortController().signal,
    },
  } as unknown as CurrentRun;
}

it('one container that cannot be recovered keeps nobody from recovering the others', async () => {
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
  await expect(recover(engine as Engine, draftOf())).rejects.toThrow(
    'web-1 was left half-way by a run that was cut off, and could not be recovered: its port is taken. Check the container.',
  );
  expect([...running]).toEqual([ids['web-2']]);
  expect(names.get(ids['web-2'])).toBe('web-2');
});

it('what is found on the other side than its fleet is told, and written down, to be there', async () => {
  const entry = (step: Step): Entry => ({
    ...{ schema: 1, at: '2026-01-02T03:04:05.000Z', step, run: 'x', task: 'deploy', way: 'recreate', container: 'web' },
    ...{ from: { image: 'sha256:1' }, to: { image: 'sha256:2' }, fleet: Object.keys(ids) },
    ...{ environment: 'production', by: 'ada' },
  });
  // The new container of the second had ended before it was made final, and the old one was started again.
  const written = disks({
    [ids['web-1']]: [entry('stop'), entry('settle'), entry('done')],
    [ids['web-2']]: [entry('stop')],
  });
  const images = { [ids['web-1']]: 'sha256:2', [ids['web-2']]: 'sha256:1' };
  const details = (key: string) => {
    const [Name, Id] = Object.entries(ids).find((each) => each.includes(key)) ?? [];
    const State = { Running: true, Status: 'running' };
    return {
      Id,
      Name,
      State,
      Image: images[Id ?? ''],
      RestartCount: 0,
      Config: {},
      HostConfig: {},
    } as ContainerDetails;
  };
  const engine = {
    ...written,
    containers: async () =>
      Object.entries(ids).map(([name, id]) => ({
        ...{ id, names: [name], labels: {}, createdAt: 0, networkMode: 'bridge', state: 'running' },
      })),
    findContainer: async (id: string) => details(id),
    inspectContainer: async (id: string) => details(id),
    exec: async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }),
  } as unknown as Engine;
  expect(await recover(engine, draftOf())).toMatchObject([{ container: 'web-2', what: 'undone' }]);
  const entries = await readJournal(engine, { container: ids['web-2'], root: '/app' });
  expect(entries.map(({ step }) => step)).toEqual(['stop', 'undone']);
});

it('what was not stopped yet is undone, also where another of the fleet is on the same image as before', async () => {
  // The first had its new one made, and the second had not had its turn. Nothing could be written down in them.
  const fresh = 'c'.repeat(64);
  const names = new Map([
    [ids['web-1'], 'web-1'],
    [ids['web-2'], 'web-2'],
    [fresh, `web-1.hot-deploy-new-${ids['web-1'].slice(0, 12)}`],
  ]);
  const details = (key: string) => {
    const id = [...names].find(([each, name]) => each === key || name === key)?.[0];
    if (id === undefined) return undefined;
    const state = id === fresh ? { Running: false, Status: 'created' } : { Running: true, Status: 'running' };
    return {
      ...{ Id: id, Name: `/${names.get(id)}`, RestartCount: 0, State: state, Config: {}, HostConfig: {} },
      Image: id === fresh ? 'sha256:2' : 'sha256:1',
    } as unknown as ContainerDetails;
  };
  const engine = {
    containers: async () =>
      [...names].map(([id, name]) => ({
        ...{ id, names: [name], createdAt: 0, networkMode: 'bridge' },
        labels: id === fresh ? { [replacesLabel]: ids['web-1'] } : {},
        state: id === fresh ? 'created' : 'running',
      })),
    findContainer: async (id: string) => details(id),
    inspectContainer: async (id: string) => details(id),
    removeContainer: async (id: string) => void names.delete(id),
    added: async () => [],
    exec: async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }),
  } as unknown as Engine;
  expect(await recover(engine, draftOf())).toMatchObject([{ container: 'web-1', what: 'undone' }]);
  expect([...names.values()]).toEqual(['web-1', 'web-2']);
});
