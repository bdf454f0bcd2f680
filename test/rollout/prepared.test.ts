import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { rollOut } from '../../src/rollout/fleet.js';
import type { Fleet } from '../../src/rollout/target-update.js';
import type { UpdateResult } from '../../src/strategies/context.js';
import type { Changing, Update } from '../../src/strategies/strategy.js';
import { systemClock } from '../../src/system/log.js';
import { deploy, quiet, setUp } from '../support/model/stage.js';

/** How many were applied at once, in the last fleet. */
let mostAtOnce = 0;

type Faults = Readonly<Record<string, 'is not ready' | 'fails'>>;

/** A fleet whose updates only write down what is asked of them. */
async function told(
  names: readonly string[],
  faults: Faults,
  more: Partial<Fleet['inputs']> = {},
  group?: object,
): Promise<string[]> {
  const all: string[] = [];
  mostAtOnce = 0;
  let under = 0;
  const refused = (id: string): UpdateResult => ({ outcome: 'refused', id, message: `${id} was not changed: no.` });
  const update = (name: string, instead?: Update): Update => ({
    ...{ method: 'relup', hot: true, version: '2', ...(instead && { instead }), ...(group && { group }) },
    entry: () => ({ way: 'relup' }),
    prepare: async () => {
      all.push(`prepare ${name}`);
      return faults[name] === 'is not ready' ? refused(name) : undefined;
    },
    abandon: async () => void all.push(`abandon ${name}`),
    open: () => ({
      apply: async () => {
        all.push(`apply ${name}`);
        under += 1;
        mostAtOnce = Math.max(mostAtOnce, under);
        await new Promise((wake) => setTimeout(wake, 1));
        under -= 1;
        return { outcome: faults[name] === 'fails' ? 'rolled-back' : 'deployed', id: name };
      },
      unlike: async () => undefined,
      drain: async (ended) => ended,
      commit: async (ended) => {
        all.push(`commit ${name}`);
        return ended;
      },
      rollback: async () => {
        all.push(`roll back ${name}`);
        return { outcome: 'rolled-back', id: name };
      },
    }),
  });
  const plans = names.map((name): Changing => {
    const container = { Id: name, Name: `/${name}`, Image: 'i', Config: { Image: 'app:1', Labels: {} } };
    const plan = { name, container, oldImage: {}, reasons: [] } as unknown as Omit<Changing, 'update'>;
    return { ...plan, update: update(name, update(`${name} otherwise`)) };
  });
  const inputs = { canary: 1, maxParallel: 2, maxUnavailable: 1, onFailure: 'rollback', strategy: 'auto', ...more };
  const fleet = {
    ...{ engine: {} as Engine, log: quiet, clock: systemClock, replaced: new Map(), began: 0 },
    inputs: { ...inputs, containers: [], probe: { kind: 'none' } },
    signal: new AbortController().signal,
    journal: { token: 1, entries: [], write: async () => undefined },
    runDetails: { run: 'r', task: 'deploy', environment: 'e', by: 'ada', fleet: names, to: {} },
  };
  await rollOut(fleet as unknown as Fleet, plans);
  return all;
}

describe('a fleet', () => {
  it('is prepared as a whole before one of it is changed', async () => {
    expect(await told(['a', 'b', 'c'], {})).toEqual([
      ...['prepare a', 'prepare b', 'prepare c', 'apply a', 'apply b', 'apply c'],
      ...['commit a', 'commit b', 'commit c'],
    ]);
  });

  it('is not changed at all where one is not ready', async () => {
    const all = await told(['a', 'b', 'c'], { b: 'is not ready' });
    expect(all).toEqual(['prepare a', 'prepare b', 'abandon a']);
  });

  it('leaves nothing of a preparation with those that do not have their turn', async () => {
    const all = await told(['a', 'b', 'c'], { a: 'fails' });
    expect(all).toEqual(['prepare a', 'prepare b', 'prepare c', 'apply a', 'abandon b', 'abandon c']);
  });

  it('takes the next best update of one that is not ready, if that is wanted', async () => {
    const all = await told(['a', 'b'], { b: 'is not ready' }, { onFailure: 'restart' });
    expect(all).toEqual([
      ...['prepare a', 'prepare b', 'prepare b otherwise', 'apply a', 'apply b otherwise'],
      ...['commit a', 'commit b otherwise'],
    ]);
  });

  it('leaves nothing either of an update that took the place of one which was not ready', async () => {
    const faults = { a: 'fails', 'a otherwise': 'fails', b: 'is not ready' } as const;
    expect(await told(['a', 'b'], faults, { onFailure: 'restart' })).toEqual([
      ...['prepare a', 'prepare b', 'prepare b otherwise', 'apply a', 'prepare a otherwise', 'apply a otherwise'],
      'abandon b otherwise',
    ]);
  });

  it('changes as one where it is a group: in one turn, and all by the next best update or none', async () => {
    expect(await told(['a', 'b', 'c'], {}, {}, {})).toEqual([
      ...['prepare a', 'prepare b', 'prepare c', 'apply a', 'apply b', 'apply c'],
      ...['commit a', 'commit b', 'commit c'],
    ]);
    expect(mostAtOnce).toBe(3);
    const restarts = { onFailure: 'restart' } as const;
    expect(await told(['a', 'b'], { b: 'is not ready' }, restarts, {})).toEqual([
      ...['prepare a', 'prepare b', 'prepare b otherwise', 'abandon a', 'prepare a otherwise'],
      ...['apply a otherwise', 'apply b otherwise', 'commit a otherwise', 'commit b otherwise'],
    ]);
    expect(await told(['a', 'b', 'c'], { a: 'fails' }, restarts, {})).toEqual([
      ...['prepare a', 'prepare b', 'prepare c', 'apply a', 'apply b', 'apply c', 'roll back b', 'roll back c'],
    ]);
    const faults = { b: 'is not ready', 'a otherwise': 'is not ready' } as const;
    expect(await told(['a', 'b'], faults, restarts, {})).toEqual([
      ...['prepare a', 'prepare b', 'prepare b otherwise', 'abandon a', 'prepare a otherwise', 'abandon b otherwise'],
    ]);
  });

  it('is restarted nowhere where somebody needs the name of one that is to be put aside', async () => {
    const stage = await setUp({ names: ['web', 'api'], kind: 'plain' });
    const { engine } = stage.model;
    const [web, api] = [await engine.inspectContainer('web'), await engine.inspectContainer('api')];
    const name = `api.hot-deploy-old-${api.Id.slice(0, 12)}`;
    await engine.createContainer(name, { Image: stage.v1.Id });
    const carried = await deploy(stage, stage);
    expect(carried.map(({ plan, ended }) => [plan.name, ended.outcome])).toEqual([['api', 'refused']]);
    expect(await engine.inspectContainer('web')).toEqual(web);
  });
});
