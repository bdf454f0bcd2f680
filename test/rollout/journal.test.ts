import { expect, test } from 'vitest';
import type { ContainerDetails } from '../../src/docker/details.js';
import type { Engine } from '../../src/docker/engine.js';
import { type Entry, fileName, type Step } from '../../src/ledger/entry.js';
import { lineage, unfinished } from '../../src/ledger/history.js';
import { readLedger } from '../../src/ledger/ledger.js';
import type { Changing } from '../../src/plan/plan.js';
import { packEntries, unpack } from '../../src/release/archive.js';
import { type Errand, keepJournal } from '../../src/rollout/journal.js';

const version = (number: number) => ({ version: `${number}.0.0`, image: `sha256:${number}` });

const entry = (run: string, step: Step, from: number, to: number): Entry => ({
  ...{ schema: 1, at: '2026-01-02T03:04:05.000Z', step, run, task: 'deploy', way: 'relup', container: 'web' },
  ...{ from: version(from), to: version(to), fleet: ['web'], environment: 'production', by: 'ada' },
});

/** Containers whose disks hold the files of a ledger. */
function disks(ledgers: Readonly<Record<string, readonly Entry[]>>): Engine {
  const all = new Map(
    Object.entries(ledgers).map(([container, entries]) => [
      container,
      new Map<string, Buffer>(
        entries.map((each, at) => [fileName(at + 1, each.step), Buffer.from(JSON.stringify(each))]),
      ),
    ]),
  );
  const engine: Partial<Engine> = {
    getArchive: async (container) =>
      await packEntries(
        [...(all.get(container) ?? [])].map(([name, data]) => ({
          ...{ path: `hot-deploy/${name}`, type: 'file', mode: 0o644, uid: 0, gid: 0, data },
        })),
      ),
    putArchive: async (container, _, tar) => {
      for (const { path, type, data } of await unpack(tar)) {
        if (type === 'file') all.get(container)?.set(path.split('/').at(-1) ?? '', data);
      }
    },
  };
  return engine as Engine;
}

test('a kept container that takes the place of one re-created by hand has both pasts behind it, each once', async () => {
  const past = (['stage', 'switch', 'settle', 'done'] as const).map((step) => entry('a', step, 1, 2));
  const replaced = (['create', 'stop'] as const).map((step) => entry('b', step, 2, 3));
  const engine = disks({ kept: [...past, ...replaced], byHand: [] });
  const details = (Id: string) => ({ Id, Image: 'sha256:3', Config: { Image: 'app:3' }, HostConfig: {} });
  const plan = {
    ...{ name: 'web', method: 'revive', from: '3.0.0', place: { root: '/app' }, next: { root: '/app' } },
    container: details('byHand') as ContainerDetails,
    kept: details('kept') as ContainerDetails,
  } as unknown as Changing;
  const errand: Errand = {
    ...{ run: 'c', task: 'rollback', to: version(2), fleet: ['web'], environment: 'production', by: 'ada' },
  };
  const quiet = { debug: () => undefined, warning: () => undefined };
  const journal = keepJournal(engine, errand, plan, {
    clock: { date: () => 0 },
    log: quiet,
  } as unknown as Parameters<typeof keepJournal>[3]);
  await journal.note('create');
  await journal.note('stop');
  await journal.arrive('kept');
  await journal.note('settle');
  await journal.note('done');

  const entries = await readLedger(engine, { container: 'kept', root: '/app' });
  expect(entries.map(({ run, step }) => `${run} ${step}`)).toEqual([
    ...['a stage', 'a switch', 'a settle', 'a done', 'b create', 'b stop'],
    ...['c create', 'c stop', 'c settle', 'c done'],
  ]);
  expect(unfinished(entries)).toBeUndefined();
  expect(lineage(entries, version(2)).map((one) => one.version)).toEqual(['1.0.0', '2.0.0']);
});
