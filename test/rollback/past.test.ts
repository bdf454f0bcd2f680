import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { fromLabel } from '../../src/engines/throw-away.js';
import type { Version } from '../../src/journal/entry.js';
import { Refusal } from '../../src/reasons/refusal.js';
import { type Kept, keptAs, readHistory } from '../../src/rollback/history.js';
import { details, journalOn } from '../journal/entries.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';

const kept = (ran: Version): Kept => ({ container: { Id: ran.image } as ContainerDetails, ran });

const built = { version: '1.0.0', image: 'sha256:1' };
const builtAgain = { version: '1.0.0', image: 'sha256:1b' };

it('of two builds of one version the one that is meant is started again, and not the one that was just left', () => {
  const earlier = [kept(builtAgain), kept(built)];
  expect(keptAs(earlier, built)?.ran).toEqual(built);
  expect(keptAs(earlier, builtAgain)?.ran).toEqual(builtAgain);
});

it('no other build stands in for one that is not kept any more', () => {
  expect(keptAs([kept(builtAgain)], built)).toBeUndefined();
  expect(keptAs([kept({ image: 'sha256:1' })], built)).toBeUndefined();
});

it('a container that is paused is refused with what to do: it can neither be asked nor has it ended', async () => {
  const engine: Partial<Engine> = {
    exec: async () => Promise.reject(new Error('Container web is paused, unpause the container before exec')),
  };
  const paused = { Name: '/web', State: { Running: true, Paused: true, Status: 'paused' } } as ContainerDetails;
  await expect(readHistory(engine as Engine, paused, {})).rejects.toThrow(Refusal);
  await expect(readHistory(engine as Engine, paused, {})).rejects.toThrow('docker unpause web');
});

describe('what ran before', () => {
  /** A container that a restart has made, and that has ended. */
  async function world(label?: string) {
    const model = modelEngine(modelClock());
    const { Id: image } = model.image('app:2', { program: {} });
    const labels = label === undefined ? {} : { [fromLabel]: label };
    const { Id: id } = await model.run('web', { Image: image, Labels: labels });
    await model.engine.stopContainer(id);
    const history = async () => await readHistory(model.engine, await model.engine.inspectContainer(id), {});
    return { engine: model.engine, image, id, history };
  }

  it('is known by the journal', async () => {
    const { engine, image, id, history } = await world(JSON.stringify({ image: 'sha256:of the label' }));
    const { journal } = await journalOn(engine, image);
    const deployed = { ...details, id: 'a'.repeat(64), from: built, to: { image } };
    for (const step of ['stop', 'done'] as const) await journal.write(deployed, step);
    expect((await history()).line).toEqual([built, { image }]);
    expect(id).toHaveLength(64);
  });

  it('is known by the label of the container where the journal was pruned', async () => {
    const { image, history } = await world(JSON.stringify(built));
    expect((await history()).line).toEqual([built, { image }]);
  });

  it.each(['', '{', '[]', 'null', '{"version":"1"}', '{"image":1}'])('is unknown where that says %s', async (label) => {
    const { image, history } = await world(label);
    expect((await history()).line).toEqual([{ image }]);
  });
});
