import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { fenced } from '../../src/journal/fence.js';
import { type AcquiredLock, acquireLock } from '../../src/journal/lock.js';
import { newRun } from '../../src/journal/run.js';
import { recover } from '../../src/recovery/recover.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import { callName, isChanging, withFunction } from '../support/model/faults.js';
import {
  type Actor,
  allIsRight,
  carryOut,
  deploy,
  inputsOf,
  look,
  type Play,
  quiet,
  type Stage,
  setUp,
  versionOf,
} from '../support/model/stage.js';
import { everything, someOf } from '../support/tier.js';

const restart: Play = { names: ['web'], kind: 'plain' };
const hot: Play = { ...restart, hot: { task: 'deploy' } };

/** Where a process stands still: before it asks whether it still has the lock, or between that and the change. */
type Where = 'before it asks' | 'after it asked';

/** A process that stands still at its nth change, and later goes on. */
function standing({ engine, clock, model }: Stage, nth: number, where: Where) {
  let [calls, stale] = [0, 0];
  let gate: Promise<void> | undefined;
  let thaw = () => {};
  let stood = () => {};
  const stands = new Promise<void>((resolve) => {
    stood = resolve;
  });
  /** The lock that it had, and nobody else's: to write there changes nothing for anybody. */
  const isOwn = async (id: unknown) => {
    const { Name } = (await model.engine.findContainer(String(id))) ?? { Name: `/${id}` };
    // What is gone nobody changes any more.
    if (/^\/[0-9a-f]{64}$/.test(Name)) return true;
    return Name.startsWith('/hot-deploy-lock-') || Name.startsWith('/hot-deploy-journal-');
  };
  const pass = async () => {
    calls += 1;
    if (calls !== nth) return;
    gate = new Promise((resolve) => {
      thaw = resolve;
    });
    stood();
    await gate;
  };
  /** A process stands still as a whole: whatever it would do next waits. */
  const before = async (name: string, on: unknown) => {
    await gate;
    if (!isChanging(name)) return;
    if (where === 'after it asked') await pass();
    if (gate !== undefined && !(await isOwn(on))) stale += 1;
  };
  const wrap = (wrapped: Engine, each: (name: string, on: unknown) => Promise<void>): Engine => {
    const all = Object.entries(wrapped).map(([method, value]) => {
      if (typeof value !== 'function') return [method, value];
      const call = async (...words: unknown[]) => {
        await each(callName(method, words), words[0]);
        // What waits in a container for its input changes nothing before it has that.
        const [id, command] = words as Parameters<Engine['exec']>;
        if (method !== 'exec' || !(command.stdin instanceof Promise)) return await value.apply(wrapped, words);
        const stdin = command.stdin.then(async (input) => {
          await each(withFunction(method, input), id);
          return input;
        });
        return await wrapped.exec(id, { ...command, stdin });
      };
      return [method, call];
    });
    return Object.fromEntries(all) as unknown as Engine;
  };
  const asking = async (name: string) => {
    if (isChanging(name) && !name.startsWith('exec')) await pass();
  };
  return {
    engine: wrap(engine, before),
    clock: {
      ...clock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        await clock.sleep(ms, signal);
        await gate;
      },
    },
    around: (fence: Engine): Engine => {
      if (where === 'after it asked') return fence;
      const check = async () => {
        await pass();
        await fence.fence?.check();
      };
      // What is executed in a container asks by itself.
      return { ...wrap(fence, asking), ...(fence.fence && { fence: { ...fence.fence, check } }) };
    },
    stands,
    thaw: () => thaw(),
    stale: () => stale,
  };
}

async function lockOf({ v1 }: Stage, { engine, clock }: Actor): Promise<AcquiredLock> {
  const run = { ...newRun({}, clock), holder: { by: 'a process elsewhere' } };
  const { signal } = new AbortController();
  return await acquireLock(engine, {
    ...{ environment: 'model', run, image: v1, timeoutMs: 60_000, clock, log: quiet, signal },
  });
}

/** One deploy from the lock to its report. */
async function deployOf(
  stage: Stage,
  { engine, clock, around = (fence) => fence }: Actor & { readonly around?: (fence: Engine) => Engine },
  lock: AcquiredLock,
) {
  return await carryOut(stage, { clock, engine: around(fenced(engine, lock)) }, lock.journal);
}

type Successor = 'has recovered' | 'has deployed' | 'deploys just then';

/** The first run stands still at its nth change, another one takes over, and then the first goes on. */
async function takenOver(nth: number, where: Where, successor: Successor, [play, next]: readonly [Play, Play]) {
  const stage = await setUp(play);
  const later = { ...stage, play: next };
  const slow = standing(stage, nth, where);
  const first = await lockOf(stage, slow);
  const reported = deployOf(stage, slow, first);
  const came = await Promise.race([slow.stands.then(() => true), reported.then(() => false)]);
  if (!came) return undefined;
  const lock = await lockOf(stage, stage);
  const engine = fenced(stage.engine, lock);
  const world = { log: quiet, clock: stage.clock, signal: new AbortController().signal };
  await recover(engine, { inputs: inputsOf(next), world } as unknown as CurrentRun, lock.journal);
  const waking = {
    ...stage.engine,
    stopContainer: async (...given: Parameters<Engine['stopContainer']>) => {
      slow.thaw();
      await stage.engine.stopContainer(...given);
    },
    exec: async (...given: Parameters<Engine['exec']>) => {
      if (given[1].stdin instanceof Promise) void given[1].stdin.then(() => slow.thaw());
      return await stage.engine.exec(...given);
    },
  };
  const second =
    successor === 'has recovered'
      ? []
      : await deployOf(later, successor === 'has deployed' ? stage : { ...stage, engine: waking }, lock);
  slow.thaw();
  const carried = await reported;
  await first.release();
  await lock.release();
  return { stage: later, carried, second, stale: slow.stale() };
}

/** What it says of a container that it calls deployed or brought back is so. */
async function lies(stage: Stage, carried: Awaited<ReturnType<typeof carryOut>>): Promise<readonly string[]> {
  const { serving } = await look(stage);
  return carried.flatMap(({ ended: { outcome, id, message } }) => {
    const version = outcome === 'deployed' ? '2' : '1';
    const isSo = serving.some((each) => each.Id === id && versionOf(stage, each) === version && each.State.Running);
    return ['deployed', 'rolled-back'].includes(outcome) && !isSo ? [`${outcome}: ${message}`] : [];
  });
}

const ends: readonly Successor[] = ['has deployed', 'has recovered', 'deploys just then'];
const ways: readonly (readonly [string, readonly [Play, Play], readonly Successor[]])[] = [
  ['a restart that stood still while another restart took over', [restart, restart], ends],
  ['a hot load that stood still while another hot load took over', [hot, hot], ends],
  ['a restart that stood still while a hot load took over', [restart, hot], someOf(3, ends)],
  ['a hot load that stood still while a restart took over', [hot, restart], someOf(3, ends)],
];

describe.each(ways)('%s', (_, plays, successors) => {
  describe.each(successors)('which %s', (successor) => {
    it.each<[Where, most: number]>([
      ['before it asks', 0],
      ['after it asked', 1],
    ])('%s whether it still has the lock, makes %i change at most, and both report what is so', async (where, most) => {
      let tried = 0;
      // In the quick tier one of each kind stands still at every change, and the others at every second.
      const everyChange = everything || (successor === 'has deployed' && plays[0] === plays[1]);
      // The first change is the lock itself.
      for (let nth = where === 'before it asks' ? 1 : 3; ; nth += everyChange ? 1 : 2) {
        const ended = await takenOver(nth, where, successor, plays);
        if (ended === undefined) break;
        tried += 1;
        const { stage, carried, second, stale } = ended;
        const told = {
          nth,
          tooMany: stale > most,
          // What was under way may act on what the successor has changed, and has told of.
          lies: [...(await lies(stage, carried)), ...(stale > 0 ? [] : await lies(stage, second))],
        };
        expect(told).toEqual({ nth, tooMany: false, lies: [] });
        const outcomes = second.map(({ ended: { outcome } }) => outcome);
        if (most === 0) expect({ nth, outcomes }).toEqual({ nth, outcomes: second.map(() => 'deployed') });
        const isReplaced = plays.includes(restart);
        const wrong = (await allIsRight(stage)).filter(
          (what) => !isReplaced || !what.includes('another one than before'),
        );
        if (stale === 0) expect({ nth, wrong }).toEqual({ nth, wrong: [] });
      }
      expect(tried).toBeGreaterThan((plays[0] === hot ? 4 : 8) / (everyChange ? 1 : 2));
    });
  });
});

it('a run that finds the lock lost before a change makes none, and the successor’s result stands', async () => {
  const stage = await setUp(restart);
  const lock = await lockOf(stage, stage);
  const engine = fenced(stage.engine, lock);
  await stage.model.engine.renameContainer(
    (await stage.model.engine.inspectContainer('hot-deploy-lock-model')).Id,
    'aside',
  );
  const calls = [
    () => engine.createContainer('x', { Image: stage.v1.Id }),
    () => engine.stopContainer('web'),
    () => engine.startContainer('web'),
    () => engine.renameContainer('web', 'x'),
    () => engine.removeContainer('web', { force: true }),
    () => engine.updateRestartPolicy('web', { Name: 'no' }),
    () => engine.putArchive('web', '/', Buffer.alloc(0)),
    () => engine.tagImage(stage.v1.Id, 'app:other'),
    () => engine.untagImage('app:live'),
    () => engine.connectNetwork('bridge', 'web', {}),
    () => engine.disconnectNetwork('bridge', 'web'),
    () => engine.fence?.check() ?? Promise.resolve(),
  ];
  for (const call of calls) await expect(call()).rejects.toThrow('The lock on model was taken over by another run');
  expect(await allIsRight(stage, '1')).toEqual([]);
  await lock.release();
});

it('whatever a run asks of a node that changes it has the token: a node refuses one that a later run has followed', async () => {
  const asked = new Map<string, boolean>();
  const note = (source: string) => {
    const call = withFunction('exec', source);
    const hasToken = /,\{<<"model">>,\d+\}\) after /.test(source);
    if (isChanging(call)) asked.set(call, hasToken && asked.get(call) !== false);
  };
  for (const task of ['deploy', 'rollback'] as const) {
    const stage = await setUp({ ...restart, hot: { task } });
    const exec: Engine['exec'] = async (id, { stdin, ...command }) => {
      if (stdin instanceof Promise)
        void stdin.then(
          (text) => note(text),
          () => undefined,
        );
      else if (stdin !== undefined) note(stdin.toString());
      return await stage.engine.exec(id, { ...command, ...(stdin !== undefined && { stdin }) });
    };
    expect(await deploy(stage, { ...stage, engine: { ...stage.engine, exec } })).toMatchObject([
      { ended: { outcome: 'deployed' } },
    ]);
  }
  const all = ['install', 'make_permanent', 'prune', 'unload_old'].map((name) => [`exec ${name}`, true] as const);
  expect([...asked].sort()).toEqual(all);
});
