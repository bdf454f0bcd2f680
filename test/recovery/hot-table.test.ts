import { describe, expect, it } from 'vitest';
import type { EntryDetails, Step } from '../../src/journal/entry.js';
import { readJournal } from '../../src/journal/journal.js';
import { recoveryUpdateContext } from '../../src/strategies/recovery.js';
import { journalOn } from '../journal/entries.js';
import { hotPlans } from '../support/model/hot.js';
import {
  allIsRight,
  goalOf,
  inputsOf,
  look,
  originOf,
  type Play,
  quiet,
  recovered,
  type Stage,
  setUp,
} from '../support/model/stage.js';

interface Left {
  /** What was written down last. */
  readonly step: Step;
  /** What its node runs, and what the container boots. */
  readonly runs: 'old' | 'new';
  readonly boots?: 'new';
  /** The files were not brought yet. */
  readonly bare?: true;
  /** What has become of it since: its VM boots what is permanent, or nobody says anything. */
  readonly since?: 'is stopped' | 'is started anew' | 'is silent';
  /** It had got as far as this on the first container of the fleet. */
  readonly other?: Step;
}

/** Leaves each container in the middle, as a run that was killed does. */
async function leave(stage: Stage, { step, runs, boots, bare, since, other }: Left): Promise<void> {
  const { play, model, clock, v1, v2 } = stage;
  const { engine } = model;
  const containers = await Promise.all(play.names.map((name) => engine.inspectContainer(name)));
  const { journal, release } = await journalOn(engine, v1.Id, { environment: 'model' });
  const plans = await hotPlans(stage, engine, containers);
  const [from, to] = [originOf(play), goalOf(play)].map((version) => ({
    version,
    image: version === '1' ? v1.Id : v2.Id,
  }));
  if (from === undefined || to === undefined) return;
  for (const [at, plan] of plans.entries()) {
    const details: EntryDetails = {
      ...{ run: 'run-a', task: play.hot?.task ?? 'deploy', container: plan.name, id: plan.container.Id },
      ...{ nonce: `n${at}`.repeat(16), from, to, fleet: play.names, environment: 'model', by: 'ada', root: '/app' },
      ...plan.update.entry(plan),
    };
    const last = at === 0 && other !== undefined ? other : step;
    const entry = { ...details, schema: 1, token: journal.token, at: '2026-01-02T03:04:05.000Z', step: last } as const;
    const around = { engine, inputs: inputsOf(play), log: quiet, clock };
    const work = recoveryUpdateContext(around, entry, async () => undefined);
    const open = plan.update.open(work, plan);
    if (!bare) await plan.update.prepare?.(work, plan);
    const came = runs === 'new' || boots === 'new' ? await open.apply() : undefined;
    if (boots === 'new' && came) await open.commit(came);
    for (const each of ['stage', 'switch', 'settle', 'bring-back'] as const) {
      await journal.write(details, each);
      if (each === last) break;
      if (each === 'switch' && last === 'bring-back') {
        await journal.write(details, last);
        break;
      }
    }
    if (since === 'is stopped' || since === 'is started anew') await engine.stopContainer(plan.container.Id);
    if (since === 'is started anew') await engine.startContainer(plan.container.Id);
    if (since === 'is silent') model.inside(plan.container.Id).memory.set('bootedAt', Number.POSITIVE_INFINITY);
  }
  await clock.sleep(2_000);
  await release();
}

type Outcome = 'undo' | 'finish' | 'a person';

const rows: readonly (readonly [Left, Outcome])[] = [
  [{ step: 'stage', runs: 'old', bare: true }, 'undo'],
  [{ step: 'stage', runs: 'old' }, 'undo'],
  [{ step: 'stage', runs: 'old', since: 'is stopped' }, 'undo'],
  ...(['switch', 'bring-back'] as const).flatMap((step): (readonly [Left, Outcome])[] => [
    [{ step, runs: 'old' }, 'undo'],
    [{ step, runs: 'new' }, 'undo'],
    [{ step, runs: 'new', since: 'is stopped' }, 'undo'],
    [{ step, runs: 'new', since: 'is started anew' }, 'undo'],
    [{ step, runs: 'new', since: 'is silent' }, 'a person'],
  ]),
  [{ step: 'settle', runs: 'new' }, 'finish'],
  [{ step: 'settle', runs: 'new', boots: 'new' }, 'finish'],
  [{ step: 'settle', runs: 'new', boots: 'new', since: 'is stopped' }, 'finish'],
  // Its VM boots the old version, and goes on to the new one.
  [{ step: 'settle', runs: 'new', since: 'is stopped' }, 'finish'],
  [{ step: 'settle', runs: 'new', since: 'is started anew' }, 'finish'],
  [{ step: 'settle', runs: 'new', since: 'is silent' }, 'a person'],
];
const fleet: typeof rows = [
  [{ step: 'switch', runs: 'new' }, 'undo'],
  [{ step: 'switch', runs: 'new', other: 'settle' }, 'finish'],
  [{ step: 'switch', runs: 'old', other: 'settle' }, 'finish'],
];

const plays = (['deploy', 'rollback'] as const).flatMap((task): (readonly [Play, typeof rows])[] => [
  [{ names: ['web'], kind: 'plain', hot: { task } }, rows],
  [{ names: ['web-1', 'web-2'], kind: 'plain', hot: { task } }, fleet],
]);

describe.each(plays)('%o', (play, all) => {
  it.each(all)('left %o, goes to this side: %s', async (left, outcome) => {
    const stage = await setUp(play);
    await leave(stage, left);
    const before = await look(stage);
    const inside = () => JSON.stringify(play.names.map((name) => [...stage.model.inside(name).memory]));
    const knew = inside();
    const failed = await recovered(stage, stage).then(
      () => false,
      () => true,
    );
    expect(failed).toBe(outcome === 'a person');
    const after = await look(stage);
    if (left.since !== 'is stopped') {
      expect(after.seen.map(({ startedAt }) => startedAt)).toEqual(before.seen.map(({ startedAt }) => startedAt));
    }
    if (outcome === 'a person') {
      expect(inside()).toBe(knew);
      return;
    }
    expect(await allIsRight(stage, outcome === 'finish' ? goalOf(play) : originOf(play))).toEqual([]);
    const entries = await readJournal(stage.model.engine, 'model');
    const told = play.names.map((name) => entries.findLast(({ container }) => container === name)?.step);
    expect(told).toEqual(play.names.map(() => (outcome === 'finish' ? 'done' : 'undone')));
  });
});
