import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { nonceLabel, runLabel } from '../../src/engines/throw-away.js';
import { upgradeActs, upgradeRecovery } from '../../src/hot-load/table.js';
import { type EntryDetails, type Side, type Step, sides, steps } from '../../src/journal/entry.js';
import { readJournal } from '../../src/journal/journal.js';
import { sha256 } from '../../src/release/archive.js';
import { acts, recoveryActs, type Stage } from '../../src/strategies/recreate/table.js';
import { played } from '../fallback/played.js';
import { journalOn } from '../journal/entries.js';
import { allIsRight, look, type Play, recovered, type Stage as Theatre } from '../support/model/stage.js';
import { everything } from '../support/tier.js';

interface Left {
  /** How far each container came, and the step that was written down last. */
  readonly stage: Stage | 'restored' | 'gone';
  readonly step: Step;
  /** It had got as far as this on another container of the fleet. */
  readonly other?: Step;
}

/** Leaves each container in the middle, as a run that was killed does. */
async function leave({ play, model, clock, v1, v2, began }: Theatre, { stage, step, other }: Left): Promise<void> {
  const { engine } = model;
  const { journal, release } = await journalOn(engine, v1.Id, { environment: 'model' });
  for (const [at, name] of play.names.entries()) {
    const old = began.get(name);
    if (old === undefined) throw new Error(`there is no ${name}`);
    const details: EntryDetails = {
      ...{ run: 'run-a', task: 'deploy', way: 'recreate', container: name, id: old.Id, nonce: `n${at}`.repeat(16) },
      ...{
        from: { image: v1.Id },
        to: { image: v2.Id, reference: 'app:live' },
        fleet: play.names,
        environment: 'model',
        by: 'ada',
      },
    };
    const [was, next] = ['old', 'new'].map((kind) => `${name}.hot-deploy-${kind}-${old.Id.slice(0, 12)}`) as [
      string,
      string,
    ];
    const { RestartPolicy, AutoRemove } = old.HostConfig;
    const [{ Name: volume = '' } = {}] = old.Mounts;
    const made = (image: string) => ({
      ...{ Image: image, Labels: { own: name, [nonceLabel]: details.nonce, [runLabel]: details.run } },
      HostConfig: { AutoRemove, RestartPolicy, Binds: [`${volume}:/data`] },
    });
    for (const each of ['create', ...(step === 'create' ? [] : ['stop' as const])] as const)
      await journal.write(details, each);
    const fresh = await engine.createContainer(next, made(v2.Id));
    const spare = AutoRemove ? await engine.createContainer(was, made(v1.Id)) : undefined;
    if (stage !== 'begun') {
      await engine.stopContainer(old.Id);
      if (spare !== undefined) await clock.sleep(100);
      else await engine.renameContainer(old.Id, was);
      await engine.renameContainer(fresh, name);
    }
    if (stage === 'switched') await engine.startContainer(fresh);
    if (stage === 'gone') await engine.removeContainer(fresh, { force: true, volumes: true });
    const now = other !== undefined && at === 0 ? other : step;
    if (!['create', 'stop'].includes(now)) await journal.write(details, now);
  }
  // A name that the new container had when it was made, and that is to mean what it meant.
  if (stage === 'begun') await engine.tagImage(v1.Id, `hot-deploy-lent:${sha256('app:live').slice(0, 32)}`);
  if (stage === 'begun') await engine.tagImage(v2.Id, 'app:live');
  await release();
}

async function told({ play, model }: Theatre) {
  const entries = await readJournal(model.engine, 'model');
  return play.names.map((name) => entries.findLast(({ container }) => container === name)?.step);
}

/** What is to come of it: all on one version, or a person has to look, and what ran before serves. */
type Outcome = Side | 'a person';

const rows: readonly (readonly [Left, Outcome])[] = [
  [{ stage: 'begun', step: 'create' }, 'undo'],
  [{ stage: 'begun', step: 'stop' }, 'undo'],
  [{ stage: 'stopped', step: 'stop' }, 'undo'],
  [{ stage: 'switched', step: 'stop' }, 'undo'],
  [{ stage: 'gone', step: 'restore' }, 'undo'],
  [{ stage: 'stopped', step: 'settle' }, 'finish'],
  [{ stage: 'switched', step: 'settle' }, 'finish'],
  [{ stage: 'begun', step: 'settle' }, 'a person'],
  [{ stage: 'gone', step: 'settle' }, 'a person'],
];
const fleet: typeof rows = [
  // Both new ones run, and nobody has written down that the fleet had come through.
  [{ stage: 'switched', step: 'stop' }, 'undo'],
  [{ stage: 'switched', step: 'stop', other: 'settle' }, 'finish'],
];

const plays: readonly (readonly [Play, typeof rows])[] = [
  [{ names: ['web'], kind: '--restart always' }, rows],
  [
    { names: ['web'], kind: '--rm' },
    rows.filter(([{ stage }]) => everything || stage === 'switched' || stage === 'gone'),
  ],
  [{ names: ['web-1', 'web-2'], kind: 'plain' }, fleet],
];

// The script takes a second for what takes hot-deploy milliseconds: in the quick tier it plays each row of one container once.
const players = (play: Play, left: Left) =>
  everything || (play.kind === '--rm') === (left.stage === 'switched' || left.stage === 'gone')
    ? ['hot-deploy', 'the script']
    : ['hot-deploy'];

describe.each(plays)('%o', (play, all) => {
  describe.each(all)('left %o', (left, outcome) => {
    it.each(players(play, left))(`comes to the same side by %s: ${outcome}`, async (by) => {
      const { stage, recover, close } = await played(play);
      await leave(stage, left);
      const failed =
        by === 'hot-deploy'
          ? await recovered(stage, stage).then(
              () => false,
              () => true,
            )
          : (await recover()).code !== 0;
      expect(failed).toBe(outcome === 'a person');
      const right = await allIsRight(stage, outcome === 'finish' ? '2' : '1');
      expect(right.filter((each) => !each.includes('still'))).toEqual([]);
      if (!failed) expect(await told(stage)).toEqual(play.names.map(() => (outcome === 'finish' ? 'done' : 'undone')));
      if (!failed) expect(right).toEqual([]);
      expect((await look(stage)).serving).toHaveLength(play.names.length);
      await close();
    });
  });
});

describe('docs/recovery.md', async () => {
  const docs = await readFile('docs/recovery.md', 'utf8');
  it.each(Object.entries(sides))('says where a run goes from the step %s', (step, side) => {
    expect(docs).toContain(`| \`${step}\` | ${steps[step as Step]} | ${side} |`);
  });
  const said = Object.entries(recoveryActs).flatMap(([side, stages]) =>
    Object.entries(stages).map(([stage, all]) => `| ${side} | ${stage} | ${all.map((act) => acts[act]).join('; ')} |`),
  );
  const hot = Object.entries(upgradeRecovery).flatMap(([side, runs]) =>
    Object.entries(runs).map(
      ([version, all]) => `| ${side} | the ${version} version | ${all.map((act) => upgradeActs[act]).join('; ')} |`,
    ),
  );
  it.each([...said, ...hot])('says: %s', (row) => expect(docs).toContain(row));
});
