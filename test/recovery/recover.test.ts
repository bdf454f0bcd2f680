import { expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { readJournal } from '../../src/journal/journal.js';
import { recover } from '../../src/recovery/recover.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import { details, journalOn } from '../journal/entries.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';
import { quiet } from '../support/model/stage.js';

const names = ['web-1', 'web-2'];

async function world() {
  const clock = modelClock();
  const model = modelEngine(clock);
  const [v1, v2] = ['app:1', 'app:2'].map((name) => model.image(name, { program: {} }));
  if (v1 === undefined || v2 === undefined) throw new Error('an image is missing');
  const draft = {
    inputs: {
      ...{ containers: names.map((name) => ({ by: 'name', name })), environment: 'production' },
      healthTimeoutMs: 10_000,
    },
    world: { log: quiet, clock, signal: new AbortController().signal },
  } as unknown as CurrentRun;
  const ids = new Map<string, string>();
  for (const name of names) ids.set(name, (await model.run(name, { Image: v1.Id })).Id);
  const { journal } = await journalOn(model.engine, v1.Id);
  const of = (container: string) => ({
    ...{ ...details, container, id: ids.get(container) ?? '', fleet: names },
    ...{ from: { image: v1.Id, version: '1' }, to: { image: v2.Id, version: '2' } },
  });
  return { engine: model.engine, draft, journal, of, v2 };
}

it('one container that cannot be recovered keeps nobody from recovering the others', async () => {
  const { engine, draft, journal, of } = await world();
  for (const name of names) {
    const { id } = of(name);
    await journal.write(of(name), 'stop');
    await engine.stopContainer(id);
    await engine.renameContainer(id, `${name}.hot-deploy-old-${id.slice(0, 12)}`);
  }
  const taken: Engine = {
    ...engine,
    startContainer: async (id) => {
      if (id === of('web-1').id) throw new Error('its port is taken');
      await engine.startContainer(id);
    },
  };
  await expect(recover(taken, draft, journal)).rejects.toThrow(
    'web-1: the interrupted run of ada could not be recovered: its port is taken. Check the container.',
  );
  expect((await engine.inspectContainer('web-2')).State.Running).toBe(true);
});

it('what is found on the other side than its fleet is told, and written down, to be there', async () => {
  const { engine, draft, journal, of, v2 } = await world();
  // The new container of the second had ended before it was made final, and the old one was started again.
  for (const step of ['stop', 'settle', 'done'] as const) await journal.write(of('web-1'), step);
  await engine.removeContainer('web-1', { force: true });
  await engine.startContainer(await engine.createContainer('web-1', { Image: v2.Id }));
  await journal.write(of('web-2'), 'stop');
  expect(await recover(engine, draft, journal)).toMatchObject([{ container: 'web-2', what: 'undone' }]);
  const entries = await readJournal(engine, 'production');
  expect(entries.filter(({ container }) => container === 'web-2').map(({ step }) => step)).toEqual(['stop', 'undone']);
});

it('a container in the middle of a deploy to another environment is left alone, and its run is named', async () => {
  const { engine, draft, journal, of } = await world();
  await journal.write(of('web-1'), 'stop');
  const staging = { ...draft, inputs: { ...draft.inputs, environment: 'staging' } };
  const other = await journalOn(engine, 'app:1', { environment: 'staging' });
  await expect(recover(engine, staging, other.journal)).rejects.toThrow(
    'web-1 is in the middle of a deploy to the environment production by ada, and this run is about staging',
  );
});
