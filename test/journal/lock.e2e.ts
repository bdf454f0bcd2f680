import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { underLock } from '../../src/commands/under-lock.js';
import { readInputs } from '../../src/config/read-inputs.js';
import type { Report } from '../../src/deployment/report.js';
import type { ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { heartbeat, lockTtlMs } from '../../src/journal/heartbeat.js';
import { type Holder, thisHolder } from '../../src/journal/holder.js';
import { openJournal } from '../../src/journal/journal.js';
import { acquireLock, type LockOptions } from '../../src/journal/lock.js';
import type { LockHandle } from '../../src/journal/lock-handle.js';
import { lockName, lockSpec, writeHolder } from '../../src/journal/lock-labels.js';
import { markOf, newRun, type Run } from '../../src/journal/run.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import { type Clock, type Log, systemClock } from '../../src/system/log.js';
import { idle, openWorkbench, type Workbench } from '../engines/workbench.js';
import { itNightly } from '../support/nightly.js';
import { waitingClock } from '../support/world/waiting-clock.js';

let bench: Workbench;
let image: ImageDetails;
let engine: Engine;
beforeAll(async () => {
  bench = await openWorkbench();
  image = await bench.image('idle', 'LABEL of.image=1', idle);
  ({ engine } = bench);
});
afterAll(() => bench?.clear());

let count = 0;
/** An environment that nobody else has. */
const fresh = (rest = '') => `${bench.prefix}-${++count}${rest}`;
const locks = async () =>
  (await engine.containers()).filter(({ labels }) => labels['hot-deploy.lock']?.startsWith(bench.prefix));

afterEach(async () => {
  const left = await locks();
  for (const { id } of left) await engine.removeContainer(id, { force: true });
  expect(left).toEqual([]);
});

const gone: Holder = { ...thisHolder('the dead'), pid: 2 ** 22 + 1 };
const elsewhere: Holder = { ...gone, by: 'me@elsewhere', host: 'another machine' };
const runOf = (holder?: Holder): Run => {
  const run = newRun({}, systemClock);
  return holder === undefined ? run : { ...run, holder };
};

function told(): { readonly lines: string[]; readonly log: Log } {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return {
    lines,
    log: {
      info: write,
      output: write,
      warning: write,
      debug: write,
      group: (_, work) => work(),
    },
  };
}

const taking = (environment: string): LockOptions => ({
  ...{ environment, image, run: runOf(), timeoutMs: 60_000, clock: systemClock, log: told().log },
  signal: new AbortController().signal,
});
const take = (environment: string, given: Partial<LockOptions> = {}) =>
  acquireLock(engine, { ...taking(environment), ...given });

/** The lock of a run that is not this one, and its id. */
async function standing(environment: string, run: Run): Promise<string> {
  return await engine.createContainer(
    lockName(environment),
    lockSpec(environment, run, '2026-01-02T03:04:05.000Z', image),
  );
}

describe('a lock', () => {
  it('is a container that was never started, and is gone once it is given back', async () => {
    const environment = fresh();
    const began = performance.now();
    const held = await take(environment);
    const took = performance.now() - began;
    const { State, Config } = await engine.inspectContainer(`hot-deploy-lock-${environment}`);
    expect(State.Status).toBe('created');
    expect(Config.Labels).toMatchObject({ 'hot-deploy.lock': environment, 'of.image': '' });
    await held.release();
    console.log(`lock: taken in ${took.toFixed(1)} ms`);
    expect(await locks()).toEqual([]);
    await held.release();
  });

  it('has to be waited for, and the log says who has it', async () => {
    const environment = fresh();
    const held = await take(environment);
    const { lines, log } = told();
    const second = take(environment, { log });
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatch(/waiting for the lock on hd-\S+: .+@.+ has held it since 20\d\d-.+Z$/);
    expect(held.lost.aborted).toBe(false);
    await held.release();
    const next = await second;
    expect(next.tookOver).toBeUndefined();
    await next.release();
  });

  it('is refused at once to who does not wait, and the refusal says who has it and what to do', async () => {
    const environment = fresh(' a/b ü');
    const held = await take(environment, { run: newRun(github, systemClock) });
    const clock = waitingClock();
    const refused = await take(environment, { timeoutMs: 0, clock }).catch((error: unknown) => error);
    expect(clock.now()).toBe(0);
    const { message, name } = refused as Error;
    expect(name).toBe('Refusal');
    expect(message).toContain(`https://github.com/o/r/actions/runs/7 has held the lock on ${environment} since 20`);
    expect(message).toContain('`lock-timeout`');
    expect(message).toContain(`docker rename ${lockName(environment)} hot-deploy-journal-`);
    await held.release();
  });

  it('is refused to who has waited for long enough', async () => {
    const environment = fresh();
    const held = await take(environment);
    const clock = waitingClock();
    await expect(take(environment, { timeoutMs: 1_500, clock })).rejects.toThrow(/still does after [12] s of waiting/);
    expect(clock.now()).toBeLessThan(4_000);
    await held.release();
  });

  it('is not waited for by who was cancelled', async () => {
    const environment = fresh();
    const held = await take(environment);
    const [cancelled, clock] = [new AbortController(), waitingClock()];
    const waiting = take(environment, { signal: cancelled.signal, clock }).catch((error: unknown) => error);
    await pause(200);
    const began = clock.now();
    cancelled.abort();
    expect(await waiting).toMatchObject({ name: 'Refusal', message: expect.stringContaining('cancelled') });
    expect(clock.now() - began).toBe(0);
    await held.release();
    await expect(take(environment, { signal: AbortSignal.abort() })).rejects.toThrow('cancelled');
  });

  it.each(['', ' with spaces', '/and/slashes', ' ünï 生产 🚀', '-'.repeat(300)])(
    'on %j is one of its own',
    async (rest) => {
      const held = await take(fresh(rest), { timeoutMs: 0 });
      const other = await take(fresh(rest), { timeoutMs: 0 });
      expect(await locks()).toHaveLength(2);
      await held.release();
      await other.release();
    },
  );

  it('that is not ours to judge is left alone, and named', async () => {
    const environment = fresh();
    const name = lockName(environment);
    const id = await engine.createContainer(name, { Image: image.Id, Labels: { 'hot-deploy.lock': 'x' } });
    await expect(take(environment)).rejects.toThrow(`${name}, belongs to a container that is no lock of hot-deploy`);
    expect(await engine.findContainer(id)).toBeDefined();
    await engine.removeContainer(id);
  });

  it('of which nobody knows whether it was made is taken all the same, and once', async () => {
    const environment = fresh();
    const lossy: Engine = {
      ...engine,
      createContainer: async (name, spec) => {
        await engine.createContainer(name, spec);
        throw new Error('the answer was lost');
      },
    };
    const held = await acquireLock(lossy, taking(environment));
    await held.release();
    expect(await locks()).toEqual([]);
  });

  it('that cannot be made is a refusal with the reason', async () => {
    const none = { ...image, Id: 'no:such' };
    await expect(take(fresh(), { image: none })).rejects.toMatchObject({
      name: 'Refusal',
      message: expect.stringMatching(/^The lock on \S+ could not be taken: .*No such image/),
    });
  });
});

const github = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'o/r', GITHUB_RUN_ID: '7' };

describe('the lock of a run that died', () => {
  it('on this machine is taken over at once, even by who does not wait', async () => {
    const environment = fresh();
    const run = runOf(gone);
    await standing(environment, run);
    const clock = waitingClock();
    const held = await take(environment, { timeoutMs: 0, clock });
    expect(clock.now()).toBeLessThan(1_000);
    expect(held.tookOver).toMatchObject({ run: run.id, holder: { by: 'the dead' }, since: '2026-01-02T03:04:05.000Z' });
    await held.release();
  });

  itNightly('on another machine is taken over after the silence, and not as long as it beats', async () => {
    const [environment, refusing, silent] = [fresh(), fresh(), fresh()];
    const theirs = await standing(environment, runOf(elsewhere));
    const alive = await standing(refusing, runOf(elsewhere));
    await standing(silent, runOf(elsewhere));
    const [patient, impatient, refused] = [waitingClock(), waitingClock(), waitingClock()];
    let beating = true;
    let lastBeat = 0;
    const beats = (async () => {
      while (beating) {
        lastBeat = patient.now();
        await Promise.all([heartbeat(engine, theirs), heartbeat(engine, alive)]);
        await pause(3_000);
      }
    })();
    const taken = async (of: string, given: Partial<LockOptions> & { readonly clock: Clock }) => {
      const got: LockHandle = await take(of, given);
      return { got, ms: given.clock.now() };
    };
    const waiting = taken(environment, { clock: patient });
    const unwilling = taken(silent, { timeoutMs: 0, clock: impatient });
    await expect(take(refusing, { timeoutMs: 0, clock: refused })).rejects.toThrow(/^me@elsewhere has held the lock/);
    // Not at once, since it has to be seen that it lives.
    expect(refused.now()).toBeLessThan(5_000);
    const second = await unwilling;
    expect(second.ms).toBeGreaterThanOrEqual(lockTtlMs);
    expect(second.ms).toBeLessThan(lockTtlMs + 5_000);
    while (patient.now() <= lockTtlMs + 3_000) await pause(100);
    beating = false;
    await beats;
    const stopped = patient.now();
    const first = await waiting;
    expect(first.ms).toBeGreaterThanOrEqual(lastBeat + lockTtlMs);
    expect(first.ms).toBeLessThan(stopped + lockTtlMs + 3_000);
    await Promise.all([first.got.release(), second.got.release(), engine.removeContainer(alive)]);
  });

  it('goes to one of two, though the other has seen it dead before and puts it aside after', async () => {
    const environment = fresh();
    await standing(environment, runOf(gone));
    const [firstHolds, slowRenames] = [new AbortController(), new AbortController()];
    const slow = acquireLock(
      {
        ...engine,
        renameContainer: async (...asked) => {
          slowRenames.abort();
          if (!firstHolds.signal.aborted) await once(firstHolds.signal, 'abort');
          await engine.renameContainer(...asked);
        },
      },
      taking(environment),
    );
    await once(slowRenames.signal, 'abort');
    const first = await take(environment);
    const { Id: id } = await engine.inspectContainer(lockName(environment));
    firstHolds.abort();
    await pause(1_500);
    expect((await engine.inspectContainer(lockName(environment))).Id).toBe(id);
    await first.release();
    const second = await slow;
    // Another has taken over from the dead one since.
    expect([first.tookOver?.holder.by, second.tookOver]).toEqual(['the dead', undefined]);
    await second.release();
  });

  it('goes to one of many who see it at once, and from each to one of the others', async () => {
    const environment = fresh();
    await standing(environment, runOf(gone));
    // Between any two calls of one, the others may do whatever they do.
    const dawdle = <A extends unknown[], T>(call: (...asked: A) => Promise<T>) => {
      return async (...asked: A) => {
        await pause(Math.random() * 60);
        return await call(...asked);
      };
    };
    const dawdling: Engine = {
      ...engine,
      findContainer: dawdle(engine.findContainer),
      createContainer: dawdle(engine.createContainer),
      removeContainer: dawdle(engine.removeContainer),
      renameContainer: dawdle(engine.renameContainer),
    };
    let inside = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const held = await acquireLock(dawdling, taking(environment));
        inside += 1;
        expect(inside).toBe(1);
        const { Id: id } = await engine.inspectContainer(lockName(environment));
        await pause(100);
        expect((await engine.inspectContainer(lockName(environment))).Id).toBe(id);
        expect(inside).toBe(1);
        inside -= 1;
        order.push(index);
        expect(held.lost.aborted).toBe(false);
        await held.release();
      }),
    );
    expect(order.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('takes what it left behind with it', async () => {
    const environment = fresh();
    const run = runOf(gone);
    const leave = (name: string, { id, nonce }: Run) =>
      bench.run(
        ...[name, '--label', 'hot-deploy.role=rehearsal', '--label', `hot-deploy.run=${id}`],
        ...[
          '--label',
          `hot-deploy.nonce=${nonce}`,
          '--label',
          `hot-deploy.holder=${writeHolder(elsewhere, run.startedAt)}`,
          image.Id,
        ],
      );
    const [left, others] = [await leave('left', run), await leave('others', runOf())];
    const lock = await standing(environment, run);
    await openJournal(engine, { environment, lock, mark: markOf(run) }, systemClock);
    const report = await underLock(engine, draftOf(environment), [left], async (_, __, held) => {
      expect(held.tookOver?.run).toBe(run.id);
      expect(await engine.findContainer(left.Id)).toBeUndefined();
      expect(await engine.findContainer(others.Id)).toBeDefined();
      return reported;
    });
    expect(report).toBe(reported);
  });
});

const reported = { outcome: 'deployed', message: 'It went well.' } as Report;

function draftOf(environment: string): CurrentRun {
  const given: Record<string, string> = {
    mode: 'deploy',
    containers: 'web',
    image: 'web',
    build: 'false',
    environment,
  };
  return {
    inputs: readInputs((name) => given[name], {}),
    run: runOf(),
    began: 0,
    world: {
      log: told().log,
      clock: systemClock,
      connect: async () => engine,
      environment: {},
      signal: new AbortController().signal,
    },
  };
}

describe('a lock that somebody removes while it is held', () => {
  it('is taken again where nobody else has it, with a warning, and given back in the end', async () => {
    const environment = fresh();
    const { lines, log } = told();
    const held = await take(environment, { log });
    await bench.docker('rm', lockName(environment));
    await expect.poll(() => engine.findContainer(lockName(environment))).toBeDefined();
    await expect.poll(() => lines).toEqual([expect.stringContaining('it was taken again')]);
    expect(held.lost.aborted).toBe(false);
    await expect(take(environment, { timeoutMs: 0 })).rejects.toThrow('has held the lock');
    await held.release();
    expect(await locks()).toEqual([]);
  });

  it('and that somebody else has then is lost, which ends the run, and stays with that one', async () => {
    const environment = fresh();
    const container = await bench.run('lost', image.Id);
    const theirs: string[] = [];
    const report = await underLock(engine, draftOf(environment), [container], async (_, { world }) => {
      await bench.docker('rm', lockName(environment));
      theirs.push(await standing(environment, runOf(elsewhere)));
      await expect.poll(() => world.signal.aborted).toBe(true);
      return reported;
    });
    expect(report).toMatchObject({
      outcome: 'deployed',
      message: `The lock on ${environment} was removed while this run held it, and me@elsewhere has it now. It went well.`,
    });
    expect((await engine.findContainer(lockName(environment)))?.Id).toBe(theirs[0]);
    await engine.removeContainer(theirs[0] ?? '');
  });

  it('and whose release fails leaves the verdict as it is', async () => {
    const environment = fresh();
    const { lines, log } = told();
    const failing: Engine = { ...engine, removeContainer: () => Promise.reject(new Error('The disk is on fire.')) };
    const held = await acquireLock(failing, { ...taking(environment), log });
    await held.release();
    expect(lines).toEqual([expect.stringMatching(/could not be given back: The disk is on fire/)]);
    await engine.removeContainer(lockName(environment));
  });
});

it('a story that fails gives the lock back, too', async () => {
  const environment = fresh();
  const container = await bench.run('failing', image.Id);
  const failed = underLock(engine, draftOf(environment), [container], () => Promise.reject(new Error('no way')));
  await expect(failed).rejects.toThrow('no way');
  expect(await locks()).toEqual([]);
});
