import { describe, expect, it } from 'vitest';
import { readMarks } from '../../src/journal/journal.js';
import { lockName } from '../../src/journal/lock-labels.js';
import { type Played, played } from '../fallback/played.js';
import { journalOn } from '../journal/entries.js';
import { allIsRight, type Play } from '../support/model/stage.js';

const play: Play = { names: ['web'], kind: 'plain' };
const short = (id: string) => id.slice(0, 12);

/** What a stranger has made is there as it was. */
async function untouched({ stage }: Played, ids: readonly string[], work: () => Promise<unknown>): Promise<void> {
  const all = async () => (await stage.model.engine.containers()).filter(({ id }) => ids.includes(id));
  const before = await all();
  await work();
  expect(await all()).toEqual(before);
  expect(before).toHaveLength(ids.length);
}

describe('a container that the script has not made', () => {
  it('is no kept one by a nonce that it made up, whatever that says', async () => {
    const theatre = await played(play);
    const { stage, run, close } = theatre;
    const { engine } = stage.model;
    expect(await run(['deploy'])).toMatchObject({ code: 0 });
    // They ended last, so they would be the first to go back to.
    const strangers: string[] = [];
    for (const nonce of ['.*', 'n', '"', 'x\\|.*', '']) {
      const Labels = { 'hot-deploy.nonce': nonce, 'hot-deploy.run': 'r' };
      const { Id: stranger } = await stage.model.run(`stranger-${strangers.length}`, { Image: stage.v2.Id, Labels });
      await engine.stopContainer(stranger);
      await engine.renameContainer(stranger, `web.hot-deploy-previous-${short(stranger)}`);
      strangers.push(stranger);
    }
    await untouched(theatre, strangers, async () => {
      const { stdout } = await run(['status']);
      for (const stranger of strangers) expect(stdout).not.toContain(short(stranger));
      const ran = await run(['rollback']);
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
    });
    expect((await engine.inspectContainer('web')).Image).toBe(stage.v1.Id);
    await close();
  });

  it('is not removed where there was none, and somebody else has made one while the answer was lost', async () => {
    const theatre = await played(play);
    const { stage, run, close } = theatre;
    const { engine } = stage.model;
    await engine.removeContainer('web', { force: true });
    let theirs = '';
    const { createContainer } = engine;
    Object.assign(engine, {
      createContainer: async (name: string, spec: Readonly<Record<string, unknown>>) => {
        if (name !== 'web') return await createContainer(name, spec);
        theirs = await createContainer('web', { Image: stage.v2.Id });
        throw new Error('lost');
      },
    });
    expect((await run(['deploy'])).code).not.toBe(0);
    expect(theirs).not.toBe('');
    expect((await engine.findContainer('web'))?.Id).toBe(theirs);
    await close();
  });

  it('is no lock by its name and labels where it runs', async () => {
    const theatre = await played(play);
    const { stage, run, close } = theatre;
    const { Id: theirs } = await stage.model.run(lockName('model'), {
      Image: stage.v1.Id,
      Labels: {
        ...{ 'hot-deploy.lock': 'model', 'hot-deploy.run': 'r' },
        'hot-deploy.holder': '{"by":"ada","since":"then"}',
      },
    });
    await untouched(theatre, [theirs], async () => {
      const ran = await run(['deploy']);
      expect(ran).toMatchObject({ code: 1 });
      expect(ran.stderr).toContain('of a container that is no lock: look at it');
    });
    await close();
  });
});

it('after the script has had the lock, hot-deploy knows its own throw-away containers as before', async () => {
  const { stage, run, close } = await played(play);
  const mark = { run: '0f0e0d0c-0b0a-4908-8706-050403020100', nonce: 'ab'.repeat(16) } as const;
  const { engine } = stage.model;
  await (await journalOn(engine, stage.v1.Id, { environment: 'model', mark })).release();
  const ran = await run(['deploy']);
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  expect(await readMarks(engine, 'model')).toEqual([mark]);
  expect(await allIsRight(stage, '2')).toEqual([]);
  await close();
});
