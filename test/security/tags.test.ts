import { describe, expect, it } from 'vitest';
import { recover } from '../../src/recovery/recover.js';
import { sha256 } from '../../src/release/archive.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import { lending } from '../../src/strategies/recreate/lent-name.js';
import { played } from '../fallback/played.js';
import { details, journalOn } from '../journal/entries.js';
import { inputsOf, type Play, quiet, type Stage, setUp } from '../support/model/stage.js';

const play: Play = { names: ['web'], kind: 'plain' };
const name = 'app:live';
const mark = `hot-deploy-lent:${sha256(name).slice(0, 32)}`;

async function idOf({ model }: Stage, reference: string): Promise<string | undefined> {
  return (await model.engine.findImage(reference))?.Id;
}

/** Somebody else's image. */
const others = ({ model }: Stage) => model.image('app:others', { program: {} }).Id;

/** A run that was killed when it had lent the name to its new image, and had written that down. */
async function lent(stage: Stage) {
  const { engine } = stage.model;
  const { Id: id } = await engine.inspectContainer('web');
  const [v1, v2] = [stage.v1.Id, stage.v2.Id];
  const held = await journalOn(engine, v1, { environment: 'model' });
  const versions = { from: { image: v1 }, to: { image: v2, reference: name } };
  await held.journal.write({ ...details, ...versions, id, environment: 'model' }, 'create');
  await engine.createContainer(`web.hot-deploy-new-${id.slice(0, 12)}`, {
    Image: v2,
    Labels: { 'hot-deploy.nonce': details.nonce, 'hot-deploy.run': details.run },
  });
  await engine.tagImage(v1, mark);
  await engine.tagImage(v2, name);
  return held;
}

describe('a name that is lent to a new image as long as its container is made', () => {
  it('is given back, and stays where somebody else has moved it meanwhile, which is told', async () => {
    const stage = await setUp(play);
    const { engine } = stage.model;
    const theirs = others(stage);
    const told: string[] = [];
    const log = { ...quiet, warning: (line: string) => void told.push(line) };
    const make = (move: boolean) =>
      lending(
        {
          ...engine,
          createContainer: async (own, spec) => {
            expect(await idOf(stage, name)).toBe(stage.v2.Id);
            if (move) await engine.tagImage(theirs, name);
            return await engine.createContainer(own, spec);
          },
        },
        { reference: name, id: stage.v2.Id },
        log,
      ).createContainer(`new-${move}`, { Image: stage.v2.Id });
    await make(false);
    expect([await idOf(stage, name), await idOf(stage, mark), told]).toEqual([stage.v1.Id, undefined, []]);
    await make(true);
    expect(await idOf(stage, name)).toBe(theirs);
    expect(told).toEqual([expect.stringContaining(`${name} was left where it is: somebody else has moved it`)]);
  });

  it.each([
    ['goes back after a killed run', (stage: Stage) => stage.v2.Id, (stage: Stage) => stage.v1.Id],
    ['stays where somebody else has moved it since that run', others, (stage: Stage) => idOf(stage, 'app:others')],
  ])('%s, by hot-deploy and by the script', async (_, now, then) => {
    for (const by of ['hot-deploy', 'script']) {
      const theatre = await played(play);
      const { stage } = theatre;
      const { engine } = stage.model;
      const { journal, release } = await lent(stage);
      await engine.tagImage(now(stage), name);
      const world = { log: quiet, clock: stage.clock, signal: new AbortController().signal };
      if (by === 'hot-deploy')
        await recover(engine, { inputs: inputsOf(play), world } as unknown as CurrentRun, journal);
      await release();
      if (by === 'script') await theatre.recover();
      expect(await idOf(stage, name), by).toBe(await then(stage));
      expect((await engine.inspectContainer('web')).State.Running).toBe(true);
      await theatre.close();
    }
  });

  it('does not move by an image that only has such a name', async () => {
    const stage = await setUp(play);
    const { engine } = stage.model;
    await engine.tagImage(others(stage), mark);
    const { journal } = await journalOn(engine, stage.v1.Id, { environment: 'model' });
    const world = { log: quiet, clock: stage.clock, signal: new AbortController().signal };
    await recover(engine, { inputs: inputsOf(play), world } as unknown as CurrentRun, journal);
    expect(await idOf(stage, name)).toBe(stage.v1.Id);
  });
});

describe('the name of what the script deploys', () => {
  it('stays where somebody else has moved it during the run, which is told', async () => {
    const { stage, run, close } = await played(play);
    const theirs = others(stage);
    const { startContainer } = stage.model.engine;
    Object.assign(stage.model.engine, {
      startContainer: async (id: string) => {
        await stage.model.engine.tagImage(theirs, 'app:2');
        await startContainer(id);
      },
    });
    const ran = await run(['deploy']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stderr).toContain('app:2 was left where it is: somebody else has moved it during this run');
    expect(await idOf(stage, 'app:2')).toBe(theirs);
    await close();
  });
});
