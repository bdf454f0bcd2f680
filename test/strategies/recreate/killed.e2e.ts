import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerDetails, ImageDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { marking } from '../../../src/engines/throw-away.js';
import type { RecoveryContext } from '../../../src/strategies/recovery.js';
import { finishReplacement, retireOriginal } from '../../../src/strategies/recreate/finish.js';
import { recoverReplacement } from '../../../src/strategies/recreate/recover.js';
import { recreate } from '../../../src/strategies/recreate/recreate.js';
import type { RecreateOptions } from '../../../src/strategies/recreate/replace.js';
import { restoreKept } from '../../../src/strategies/recreate/restore-kept.js';
import { detectState } from '../../../src/strategies/recreate/state.js';
import { undoReplacement } from '../../../src/strategies/recreate/undo.js';
import { openWorkbench, type Workbench } from '../../engines/workbench.js';
import { entry } from '../../journal/entries.js';
import { seed, thorough } from '../../support/faults/thorough.js';
import { onlyNightly } from '../../support/tier.js';
import { eventually } from '../../support/world/container.js';
import { claimOn, options } from './attempt.js';

/** Healthy at once, and gone as soon as it is told to. */
const quick = `CMD ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]`;
const healthy = 'HEALTHCHECK --interval=1h CMD true';

let bench: Workbench;
let v1: ImageDetails;
let good: ImageDetails;
let bad: ImageDetails;
beforeAll(async () => {
  bench = await openWorkbench();
  v1 = await bench.image('v1', 'ENV VERSION=1', 'VOLUME /data', healthy, quick);
  good = await bench.image('good', 'ENV VERSION=2', 'VOLUME /data', healthy, quick);
  bad = await bench.image('bad', 'ENV VERSION=3', 'VOLUME /data', healthy, 'CMD ["false"]');
});
afterAll(() => bench?.clear());

class Killed extends Error {}

/** The engine of a process that is killed before its nth call: no call after it is made either. */
function mortal(engine: Engine, nth: number): { engine: Engine; calls: () => number } {
  let calls = 0;
  const wrapped = Object.entries(engine).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const;
    const call = value as (...words: unknown[]) => Promise<unknown>;
    const counted = (...words: unknown[]) => {
      // The health check asks as often as it takes, which no case could count.
      if (name !== 'exec' && name !== 'logs') calls++;
      return calls >= nth ? Promise.reject(new Killed(`killed at ${name}`)) : call.apply(engine, words);
    };
    return [name, counted] as const;
  });
  return { engine: Object.fromEntries(wrapped) as unknown as Engine, calls: () => calls };
}

const quiet = (old: ContainerDetails, kept?: string) =>
  options({ healthTimeoutMs: 5_000, claim: { ...claimOn(old), ...(kept !== undefined && { kept }) } });
const look = async (name: string, { claim }: Pick<RecreateOptions, 'claim'>) =>
  detectState(`${bench.prefix}-${name}`, await bench.engine.containers(), claim);
const final = { newest: 3, isKept: () => true };
const own = (name: string) => `${bench.prefix}-${name}`;

/** Recovers as often as it is killed itself, one call later each time; answers what the last one said. */
async function recover(name: string, way: 'undo' | 'finish', around: RecreateOptions, dying: boolean): Promise<void> {
  const once = async (engine: Engine) => {
    const found = detectState(own(name), await engine.containers(), around.claim);
    if (way === 'undo') await undoReplacement(engine, found, around);
    else await finishReplacement(engine, found, around);
  };
  for (let nth = 2; dying && nth < 40; nth++) {
    const { engine, calls } = mortal(bench.engine, nth);
    const killed = await once(engine).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Killed) && !String(error).includes('killed at')) throw error;
        return true;
      },
    );
    if (!killed && calls() < nth) return;
  }
  await once(bench.engine);
}

/** The engine of a process that is killed while the engine carries out the stop that it has asked for. */
function killedInItsStop(engine: Engine): Engine {
  let killed = false;
  const wrapped = Object.entries(engine).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const;
    const call = value as (...words: unknown[]) => Promise<unknown>;
    const stop = async (id: unknown) => {
      const client = spawn('docker', ['stop', String(id)]);
      await eventually('a stop', async () => (await bench.docker('top', String(id))).includes(' sleep 4') || undefined);
      client.kill('SIGKILL');
      killed = true;
      throw new Killed(`killed at ${name}`);
    };
    const mortal = async (...words: unknown[]) => {
      if (killed) throw new Killed(`killed at ${name}`);
      return await (name === 'stopContainer' ? stop(words[0]) : call.apply(engine, words));
    };
    return [name, mortal] as const;
  });
  return Object.fromEntries(wrapped) as unknown as Engine;
}

/** What is there under the name and beside it, by what it runs. */
async function seen(name: string) {
  const all = (await bench.engine.containers()).filter(({ names }) =>
    names.some((one) => one === own(name) || one.startsWith(`${own(name)}.`)),
  );
  const each = await Promise.all(all.map(({ id }) => bench.engine.inspectContainer(id)));
  const serving = each.find(({ Name }) => Name === `/${own(name)}`);
  const beside = each.filter((one) => one !== serving).map(({ Name }) => Name.replace(`/${own(name)}.hot-deploy-`, ''));
  return { serving, beside };
}

const version = ({ Config: { Env: env } }: ContainerDetails) => env.find((one) => one.startsWith('VERSION='))?.slice(8);
const policy = ({ HostConfig: { RestartPolicy } }: ContainerDetails) => RestartPolicy?.Name;

interface Case {
  readonly flags: readonly string[];
  readonly to: 'good' | 'bad';
  readonly way: 'undo' | 'finish';
}
const kinds = [['--rm'], ['--restart', 'always'], []] as const;
const cases: readonly Case[] = kinds.flatMap((flags) =>
  (['good', 'bad'] as const).flatMap((to) => (['undo', 'finish'] as const).map((way) => ({ flags, to, way }))),
);

/** Unless all is tried, every third or ninth call, beginning with another one for another seed; the last, which comes through, in any case. */
const stride = { smoke: 9, some: 3, steps: 3, all: 1 }[thorough];
const first = thorough === 'all' ? 1 : 1 + (seed % stride);

/** Begins what is to be cut short, until it comes through; after each cut it is recovered. */
async function everyCut(
  name: string,
  way: 'undo' | 'finish',
  start: (turn: string) => Promise<ContainerDetails>,
  run: (engine: Engine, old: ContainerDetails) => Promise<unknown>,
  expected: (turn: string, old: ContainerDetails, kind: string) => Promise<void>,
  keptOf: (turn: string) => string | undefined = () => undefined,
): Promise<number> {
  for (let nth = first; nth < 80; nth += stride) {
    const turn = `${name}-${nth}`;
    const old = await start(turn);
    const { engine, calls } = mortal(bench.engine, nth);
    await run(engine, old).catch((error: unknown) => {
      if (!String(error).includes('killed at')) throw error;
    });
    const around = quiet(old, keptOf(turn));
    const { kind } = await look(turn, around);
    await recover(turn, way, around, nth % 2 === 0);
    await expected(turn, old, kind).catch((error: unknown) => {
      throw new Error(`killed at call ${nth}, ${kind}: ${String(error)}`, { cause: error });
    });
    const { beside } = await seen(turn);
    for (const left of [own(turn), ...beside.map((one) => `${own(turn)}.hot-deploy-${one}`)]) {
      await bench.engine.removeContainer(left, { force: true, volumes: true });
    }
    if (calls() < nth) return nth;
  }
  throw new Error('it never came through');
}

describe.concurrent.each(thorough === 'smoke' ? cases.filter((_, at) => at % 5 === 0) : cases)(
  'a container with $flags that goes to a $to image, killed at any call',
  ({ flags, to, way }) => {
    it(`serves after ${way}, alone under its name, and nothing is left over`, {
      timeout: 600_000,
    }, async () => {
      const name = `${to}-${way}-${flags.at(-1)?.replace(/\W/g, '') ?? 'plain'}`;
      const image = to === 'good' ? good : bad;
      await everyCut(
        name,
        way,
        (turn) => bench.run(turn, '--stop-timeout', '1', ...flags, v1.Id),
        async (engine, old) => {
          const result = await recreate(engine, old, v1, { reference: image.Id, id: image.Id }, quiet(old));
          if (result.kind === 'recreated')
            await retireOriginal(engine, own(old.Name.slice(bench.prefix.length + 2)), { ...quiet(old), ...final });
        },
        async (turn, old, kind) => {
          const { serving, beside } = await seen(turn);
          expect(serving?.State.Running).toBe(true);
          if (serving === undefined) return;
          const rm = flags[0] === '--rm';
          // What nothing was stopped of cannot be finished; what is settled is not undone.
          const settled = kind === 'none' && version(serving) === '2';
          const fresh = to === 'good' && (settled || (way === 'finish' && !['none', 'begun'].includes(kind)));
          expect(version(serving)).toBe(fresh ? '2' : '1');
          expect(policy(serving)).toBe(policy(old));
          if (!fresh && !rm) expect(serving.Id).toBe(old.Id);
          expect(serving.Mounts.map(({ Name }) => Name)).toEqual(old.Mounts.map(({ Name }) => Name));
          expect(beside).toEqual(fresh && !rm ? [`previous-${old.Id.slice(0, 12)}`] : []);
          for (const one of beside) {
            expect(policy(await bench.engine.inspectContainer(`${own(turn)}.hot-deploy-${one}`))).toBe('no');
          }
        },
      );
    });
  },
);

describe.concurrent.each(['undo', 'finish'] as const)(
  'a kept container that is started again, killed at any call',
  (way) => {
    it.each(['always', ...onlyNightly('no')])(
      `and %s: one of the two serves after ${way}, the other is kept`,
      { timeout: 600_000 },
      async (restart) => {
        const kept = new Map<string, ContainerDetails>();
        await everyCut(
          `revive-${way}-${restart}`,
          way,
          async (turn) => {
            const old = await bench.run(turn, '--stop-timeout', '1', '--restart', restart, v1.Id);
            await recreate(bench.engine, old, v1, { reference: good.Id, id: good.Id }, quiet(old));
            await retireOriginal(bench.engine, own(turn), { ...quiet(old), ...final });
            kept.set(turn, await bench.engine.inspectContainer(old.Id));
            return bench.engine.inspectContainer(own(turn));
          },
          async (engine, running) => {
            const turn = running.Name.slice(bench.prefix.length + 2);
            const back = kept.get(turn) as ContainerDetails;
            const around = quiet(running, back.Id);
            const result = await restoreKept(engine, { running, kept: back }, around);
            if (result.kind === 'recreated') await retireOriginal(engine, own(turn), { ...around, ...final });
          },
          async (turn, running, kind) => {
            const before = kept.get(turn) as ContainerDetails;
            const { serving, beside } = await seen(turn);
            const settled = kind === 'none' && serving?.Id === before.Id;
            const back = settled || (way === 'finish' && !['none', 'begun'].includes(kind));
            const [first, second] = back ? [before, running] : [running, before];
            expect(serving).toMatchObject({ Id: first.Id, State: { Running: true } });
            expect(serving && policy(serving)).toBe(restart);
            expect(beside).toEqual([`previous-${second.Id.slice(0, 12)}`]);
            expect(policy(await bench.engine.inspectContainer(second.Id))).toBe('no');
          },
          (turn) => kept.get(turn)?.Id,
        );
      },
    );
  },
);

it('a container that its engine still stops for a run that was killed serves once the next has undone it', async () => {
  const slow = await bench.image(
    'slow',
    ...['ENV VERSION=1', healthy, `CMD ["sh", "-c", "trap 'sleep 4; exit 0' TERM; sleep infinity & wait"]`],
  );
  const old = await bench.run('stopping', slow.Id);
  const startedAt = ({ Id: id }: ContainerDetails) => bench.docker('inspect', '--format', '{{.State.StartedAt}}', id);
  const began = await startedAt(old);
  const last = entry('stop', claimOn(old));
  const engine = marking(killedInItsStop(bench.engine), { run: last.run, nonce: last.nonce, holder: '' });
  await recreate(engine, old, slow, { reference: good.Id, id: good.Id }, quiet(old)).catch(() => undefined);
  expect(await look('stopping', quiet(old))).toMatchObject({ kind: 'begun' });
  const around = {
    engine: bench.engine,
    inputs: { healthTimeoutMs: 5_000 },
    ...quiet(old),
  } as unknown as RecoveryContext;
  const repaired = await recoverReplacement(around, own('stopping'), 'undo', last);
  expect(repaired).toMatchObject({ kind: 'repaired' });
  const { serving, beside } = await seen('stopping');
  expect(serving).toMatchObject({ Id: old.Id, State: { Running: true } });
  // The stop is over, and nothing is left that could end it.
  expect(await startedAt(old)).not.toBe(began);
  expect(beside).toEqual([]);
});
