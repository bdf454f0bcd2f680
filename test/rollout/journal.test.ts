import { expect, test } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import type { Entry, Step } from '../../src/journal/entry.js';
import { lineage, unfinished } from '../../src/journal/history.js';
import { readJournal } from '../../src/journal/journal.js';
import type { ImageRelease } from '../../src/release/release.js';
import { openTargetJournal, type RunRecord } from '../../src/rollout/journal.js';
import { restartUpdate } from '../../src/strategies/recreate/index.js';
import type { Changing } from '../../src/strategies/strategy.js';
import { disks } from '../ledger/disks.js';

const version = (number: number) => ({ version: `${number}.0.0`, image: `sha256:${number}` });

const entry = (run: string, step: Step, from: number, to: number): Entry => ({
  ...{ schema: 1, at: '2026-01-02T03:04:05.000Z', step, run, task: 'deploy', way: 'relup', container: 'web' },
  ...{ from: version(from), to: version(to), fleet: ['web'], environment: 'production', by: 'ada' },
});

test('a kept container that takes the place of one re-created by hand has both pasts behind it, each once', async () => {
  const past = (['stage', 'switch', 'settle', 'done'] as const).map((step) => entry('a', step, 1, 2));
  const replaced = (['create', 'stop'] as const).map((step) => entry('b', step, 2, 3));
  const engine = disks({ kept: [...past, ...replaced], byHand: [] }) as Engine;
  const details = (Id: string) => ({ Id, Image: 'sha256:3', Config: { Image: 'app:3' }, HostConfig: {} });
  const plan = {
    ...{ name: 'web', from: '3.0.0', place: { root: '/app' } },
    container: details('byHand') as ContainerDetails,
    update: restartUpdate({ root: '/app' } as ImageRelease, details('kept') as ContainerDetails),
  } as unknown as Changing;
  const runRecord: RunRecord = {
    ...{ run: 'c', task: 'rollback', to: version(2), fleet: ['web'], environment: 'production', by: 'ada' },
  };
  const quiet = { debug: () => undefined, warning: () => undefined };
  const journal = openTargetJournal(engine, runRecord, plan, {
    clock: { date: () => 0 },
    log: quiet,
  } as unknown as Parameters<typeof openTargetJournal>[3]);
  await journal.note('create');
  await journal.note('stop');
  await journal.arrive('kept');
  await journal.note('settle');
  await journal.note('done');

  const entries = await readJournal(engine, { container: 'kept', root: '/app' });
  expect(entries.map(({ run, step }) => `${run} ${step}`)).toEqual([
    ...['a stage', 'a switch', 'a settle', 'a done', 'b create', 'b stop'],
    ...['c create', 'c stop', 'c settle', 'c done'],
  ]);
  expect(unfinished(entries)).toBeUndefined();
  expect(lineage(entries, version(2)).map((one) => one.version)).toEqual(['1.0.0', '2.0.0']);
});
