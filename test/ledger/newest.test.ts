import { expect, test } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { type Entry, fileName, type Step } from '../../src/journal/entry.js';
import { readNewest } from '../../src/journal/journal.js';
import { packEntries } from '../../src/release/archive.js';

const entry = (run: string, step: Step): Entry => ({
  schema: 1,
  at: '2026-01-02T03:04:05.000Z',
  step,
  run,
  task: 'deploy',
  way: 'recreate',
  container: 'web',
  from: { image: 'sha256:1' },
  to: { image: 'sha256:2' },
  fleet: ['web'],
  environment: 'production',
  by: 'ada',
});

/** Containers by id, each with what is written down in it, from the first number on. */
const engine = (ledgers: Readonly<Record<string, readonly Entry[]>>): Engine =>
  ({
    getArchive: async (container: string) =>
      await packEntries(
        (ledgers[container] ?? []).map((each, at) => ({
          path: `hot-deploy/${fileName(at + 1, each.step)}`,
          type: 'file',
          mode: 0o644,
          uid: 0,
          gid: 0,
          data: Buffer.from(JSON.stringify(each)),
        })),
      ),
  }) as unknown as Engine;

const places = (...containers: readonly string[]) => containers.map((container) => ({ container, root: '/app' }));

test('a kept container that was started again knows only its own past: the one whose place it takes says how far things came', async () => {
  // It was replaced in the middle of run a, whose end is written down in the container that came after it.
  const kept = [entry('a', 'create'), entry('a', 'stop')];
  const serving = [...kept, entry('a', 'settle'), entry('a', 'done'), entry('b', 'create'), entry('b', 'stop')];
  const found = await readNewest(engine({ kept, serving }), places('kept', 'serving'));
  expect(found?.place.container).toBe('serving');
  expect(found?.entries.at(-1)).toMatchObject({ run: 'b', step: 'stop' });
});

test('once the rest was brought to it, it goes on there', async () => {
  const old = [entry('b', 'create'), entry('b', 'stop')];
  const found = await readNewest(engine({ old, fresh: [...old, entry('b', 'settle')] }), places('old', 'fresh'));
  expect(found?.place.container).toBe('fresh');
});

test('where nothing is written down the first is meant, and of none nothing is known', async () => {
  expect(await readNewest(engine({}), places('web', 'beside'))).toEqual({
    place: { container: 'web', root: '/app' },
    entries: [],
  });
  expect(await readNewest(engine({}), [])).toBeUndefined();
});
