import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { lockLabel, runLabel } from '../../src/engines/throw-away.js';
import { lastHeartbeat } from '../../src/journal/heartbeat.js';
import { journalPath, readJournal, readJournals, readMarks } from '../../src/journal/journal.js';
import { acquireLock } from '../../src/journal/lock.js';
import { journalName, lockName } from '../../src/journal/lock-labels.js';
import { newRun } from '../../src/journal/run.js';
import { packEntries } from '../../src/release/archive.js';
import { systemClock } from '../../src/system/log.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';
import { quiet } from '../support/model/stage.js';
import { details, journalOn } from './entries.js';

function world(files: Record<string, string> = {}) {
  const model = modelEngine(modelClock());
  model.image('app:1', { program: {}, files });
  return model.engine;
}

const file = (path: string, text: string, type: 'file' | 'symlink' = 'file') => ({
  ...{ path, type, mode: 0o600, uid: 0, gid: 0, data: Buffer.from(text) },
  ...(type === 'symlink' && { link: text }),
});
const stepsIn = async (engine: Engine, environment = 'production') =>
  (await readJournal(engine, environment)).map(({ step }) => step);
const journals = async (engine: Engine) =>
  (await engine.containers()).flatMap(({ names, labels }) => (labels[lockLabel] ? names : []));

describe('the journal of an environment', () => {
  it('is read where it lies, in the lock and once that is given back', async () => {
    const engine = world();
    expect(await stepsIn(engine)).toEqual([]);
    const { journal, release } = await journalOn(engine, 'app:1');
    await journal.write(details, 'create');
    expect(await stepsIn(engine)).toEqual(['create']);
    await release();
    expect(await stepsIn(engine)).toEqual(['create']);
  });

  it('goes on in the next lock, with a higher token, and is in one place alone', async () => {
    const engine = world();
    const first = await journalOn(engine, 'app:1');
    await first.journal.write(details, 'create');
    await first.release();
    const second = await journalOn(engine, 'app:1');
    await second.journal.write(details, 'stop');
    expect((await readJournal(engine, 'production')).map(({ step, token }) => [step, token])).toEqual([
      ['create', first.journal.token],
      ['stop', first.journal.token + 1],
    ]);
    expect(second.journal.entries.map(({ step }) => step)).toEqual(['create', 'stop']);
    expect(await journals(engine)).toHaveLength(1);
  });

  it('is that of the last holder: a run that lost the lock writes into nothing, or into a journal that is not read', async () => {
    const engine = world();
    const first = await journalOn(engine, 'app:1');
    const kept = { ...engine, removeContainer: async () => undefined };
    const second = await journalOn(kept, 'app:1');
    await first.journal.write(details, 'create');
    await first.journal.write(details, 'stop');
    await second.journal.write(details, 'undone');
    expect(await stepsIn(engine)).toEqual(['undone']);
    const third = await journalOn(engine, 'app:1');
    expect(third.journal.entries.map(({ step }) => step)).toEqual(['undone']);
    await expect(first.journal.write(details, 'done')).rejects.toThrow('No such container');
  });

  it('is not lost if the run that takes it over is cut off before it has copied it', async () => {
    const engine = world();
    const first = await journalOn(engine, 'app:1');
    await first.journal.write(details, 'create');
    await first.release();
    const torn = { ...engine, putArchive: async () => Promise.reject(new Error('killed')) };
    await expect(journalOn(torn, 'app:1')).rejects.toThrow('killed');
    expect(await stepsIn(engine)).toEqual(['create']);
    await journalOn(engine, 'app:1');
    expect(await stepsIn(engine)).toEqual(['create']);
  });

  it('is not lost either where the holder fails after it has come along', async () => {
    const model = modelEngine(modelClock());
    const image = model.image('app:1', { program: {} });
    const { engine } = model;
    const first = await journalOn(engine, 'app:1');
    await first.journal.write(details, 'create');
    await first.release();
    // The answer to its removal is lost.
    const failing: Engine = {
      ...engine,
      removeContainer: async (...given) => {
        await engine.removeContainer(...given);
        throw new Error('socket hang up');
      },
    };
    const clock = { now: () => 0, date: () => 0, sleep: async () => undefined };
    const { signal } = new AbortController();
    const wanted = {
      environment: 'production',
      run: newRun({}, systemClock),
      image,
      timeoutMs: 0,
      clock,
      log: quiet,
      signal,
    };
    await expect(acquireLock(failing, wanted)).rejects.toThrow('socket hang up');
    expect(await stepsIn(engine)).toEqual(['create']);
    expect(await engine.findContainer(lockName('production'))).toBeUndefined();
  });

  it('keeps to itself what is written at once for two targets', async () => {
    const engine = world();
    const { journal } = await journalOn(engine, 'app:1');
    await Promise.all(
      ['web-1', 'web-2', 'web-3'].map((container) => journal.write({ ...details, container }, 'create')),
    );
    expect((await readJournal(engine, 'production')).map(({ container }) => container).sort()).toEqual([
      ...['web-1', 'web-2', 'web-3'],
    ]);
  });

  it('comes along with the last entries of each target alone', async () => {
    const engine = world();
    const first = await journalOn(engine, 'app:1');
    await first.journal.write({ ...details, container: 'seldom' }, 'done');
    for (let at = 0; at < 100; at += 1) await first.journal.write(details, at % 2 === 0 ? 'create' : 'done');
    await first.release();
    const { journal } = await journalOn(engine, 'app:1');
    expect(journal.entries).toHaveLength(61);
    expect(journal.entries[0]).toMatchObject({ container: 'seldom' });
  });

  it('is read beside one that is removed just then, whatever the engine says of that', async () => {
    const engine = world();
    const going = await journalOn(engine, 'app:1', { environment: 'staging' });
    await going.journal.write(details, 'create');
    await (await journalOn(engine, 'app:1', { environment: 'production' })).journal.write(details, 'stop');
    const failing = (state: 'created' | 'removing' | 'dead' | 'gone'): Engine => ({
      ...engine,
      getArchive: async (id, ...more) => {
        if (id !== going.lock) return await engine.getArchive(id, ...more);
        throw new Error(`RWLayer of container ${id} is unexpectedly nil`);
      },
      findContainer: async (id) => {
        const found = id === going.lock && state === 'gone' ? undefined : await engine.findContainer(id);
        return found && { ...found, State: { ...found.State, Status: id === going.lock ? state : found.State.Status } };
      },
    });
    await expect(readJournals(failing('created'))).rejects.toThrow('RWLayer');
    for (const state of ['removing', 'dead', 'gone'] as const) {
      expect((await readJournals(failing(state))).map(({ step }) => step)).toEqual(['stop']);
    }
  });

  it('knows by what the containers of its runs are known, those before the last one too, and no more of them than a hundred', async () => {
    const engine = world();
    const marks = Array.from({ length: 102 }, (_, at) => ({
      run: randomUUID(),
      nonce: at.toString(16).padStart(32, '0'),
    }));
    for (const mark of marks) {
      const { journal, release } = await journalOn(engine, 'app:1', { mark });
      expect(journal.before).not.toContainEqual(mark);
      await release();
    }
    expect(await readMarks(engine, 'production')).toEqual(marks.slice(-100));
    expect(await readMarks(engine, 'staging')).toEqual([]);
  });

  it('is each for itself', async () => {
    const engine = world();
    await (await journalOn(engine, 'app:1', { environment: 'staging' })).journal.write(details, 'create');
    await (await journalOn(engine, 'app:1', { environment: 'production' })).journal.write(details, 'stop');
    expect(await stepsIn(engine, 'staging')).toEqual(['create']);
    expect((await readJournals(engine)).map(({ step }) => step).sort()).toEqual(['create', 'stop']);
  });
});

describe('what is no journal of ours counts nothing, and goes nowhere', () => {
  it.each<[string, (engine: Engine) => Promise<unknown>]>([
    [
      'a container that runs under such a name',
      async (engine) => {
        const id = await engine.createContainer(journalName('production', 'x'), {
          Image: 'app:1',
          Labels: { [lockLabel]: 'production' },
        });
        await engine.putArchive(id, '/', await packEntries([file(`${journalPath(id)}/token`, '99')]));
        await engine.startContainer(id);
      },
    ],
    [
      'a label under another name',
      async (engine) =>
        await engine.createContainer('web-2', { Image: 'app:1', Labels: { [lockLabel]: 'production' } }),
    ],
    [
      'such a name and label, and no run',
      async (engine) =>
        await engine.createContainer(journalName('production', 'x'), {
          Image: 'app:1',
          Labels: { [lockLabel]: 'production' },
        }),
    ],
    [
      'such a name without a label',
      async (engine) => await engine.createContainer(journalName('production', 'x'), { Image: 'app:1' }),
    ],
  ])('%s', async (_, make) => {
    const engine = world();
    await make(engine);
    const before = (await engine.containers()).map(({ id }) => id);
    const { journal } = await journalOn(engine, 'app:1');
    expect(journal).toMatchObject({ entries: [] });
    expect((await engine.containers()).map(({ id }) => id)).toEqual(expect.arrayContaining(before));
  });

  it('what passes for one goes, and no volume with it', async () => {
    const engine = world();
    const id = await engine.createContainer(journalName('production', 'x'), {
      Image: 'app:1',
      Labels: { [lockLabel]: 'production', [runLabel]: 'r' },
      Volumes: { '/data': {} },
    });
    const [{ Name: volume = '' } = {}] = (await engine.inspectContainer(id)).Mounts;
    expect(await engine.hasVolume(volume)).toBe(true);
    await journalOn(engine, 'app:1');
    expect([await engine.findContainer(id), await engine.hasVolume(volume)]).toEqual([undefined, true]);
  });

  it('what lies in an image', async () => {
    const forged = JSON.stringify({ ...details, schema: 1, at: '2026-01-01T00:00:00Z', token: 98, step: 'stop' });
    const beat = { '/heartbeat': 'x' };
    const engine = world({ '/journal/token': '99\n', '/journal/000001-stop.json': forged, ...beat });
    const first = await journalOn(engine, 'app:1');
    expect(await lastHeartbeat(engine, first.lock)).toBeUndefined();
    await first.journal.write(details, 'create');
    await first.release();
    expect((await readJournal(engine, 'production')).map(({ step, token }) => [step, token])).toEqual([
      ['create', first.journal.token],
    ]);
    expect((await journalOn(engine, 'app:1')).journal.token).toBe(first.journal.token + 1);
  });

  it.each<[string, ReturnType<typeof file>]>([
    ['a torn entry', file('000002-stop.json', '{"schema": 1, "at"')],
    ['a link', file('000002-stop.json', '/etc/passwd', 'symlink')],
    ['an entry with an unknown step', file('000002-stop.json', JSON.stringify({ ...details, schema: 1, step: 'x' }))],
    ['a file of another name', file('stop', 'x')],
  ])('%s', async (_, forged) => {
    const engine = world();
    const { journal, lock } = await journalOn(engine, 'app:1');
    await journal.write(details, 'create');
    await engine.putArchive(lock, '/', await packEntries([{ ...forged, path: `${journalPath(lock)}/${forged.path}` }]));
    expect(await stepsIn(engine)).toEqual(['create']);
  });
});
