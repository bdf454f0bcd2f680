import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { withoutInherited } from '../../src/engines/throw-away.js';
import { type Holder, thisHolder } from '../../src/journal/holder.js';
import { writeHolder } from '../../src/journal/lock-labels.js';
import { findBelongings } from '../../src/leavings/belongings.js';
import { details, journalOn } from '../journal/entries.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';

const since = '2026-01-02T03:04:05.000Z';
const gone = { ...thisHolder('ada'), pid: spawnSync('true').pid, startTicks: 1 };
const made = (holder: Holder = gone) => ({
  ...{ 'hot-deploy.role': 'base', 'hot-deploy.run': 'r', 'hot-deploy.holder': writeHolder(holder, since) },
});
const id = (letter: string) => letter.repeat(64);

interface One {
  readonly id: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly image?: string;
}

/** An engine that can only be asked. The image `imitating` has the labels of a throw-away container. */
function asked(all: readonly One[]): Engine {
  const inspected = ({ id: Id, name, labels = {}, status = 'exited', image = 'plain' }: One) =>
    ({
      ...{ Id, Name: `/${name}`, Image: image, HostConfig: {}, Config: { Labels: labels } },
      State: { Status: status, Running: status === 'running' },
    }) as unknown as ContainerDetails;
  const found = (key: string) => all.find((each) => each.id === key || each.name === key);
  return {
    containers: async () =>
      all.map(({ id: each, name, labels = {}, status: state = 'exited' }) => ({
        ...{ id: each, names: [name], labels, state, createdAt: 0, networkMode: 'bridge' },
      })),
    findContainer: async (key: string) => {
      const one = found(key);
      return one && inspected(one);
    },
    findImage: async (name: string) =>
      ({ Id: name, Config: { Labels: name === 'imitating' ? made() : null } }) as unknown as ImageDetails,
    added: async () => [],
    exec: async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }),
  } as unknown as Engine;
}

const told = async (...all: readonly One[]) => {
  const inputs = { containers: [{ by: 'name', name: 'web' }], environment: 'production' } as const;
  const { belongings, left } = await findBelongings(withoutInherited(asked(all)), inputs);
  return { ours: belongings.map(({ name }) => name), left: left.map(({ name, why }) => `${name}: ${why}`) };
};

it('throw-away containers of runs that have ended are named and stay where no journal shows that they are ours', async () => {
  const all = [
    { id: id('a'), name: 'thrown', labels: made() },
    { id: id('b'), name: 'in use', labels: made(thisHolder('grace')) },
    { id: id('c'), name: 'imitation', labels: made(), image: 'imitating' },
    { id: id('d'), name: 'of nobody', labels: { 'hot-deploy.role': 'base' } },
  ];
  expect(await told(...all)).toEqual({ ours: [], left: [expect.stringContaining('thrown: no journal shows')] });
});

it('throw-away containers are ours if the journal knows the nonce of their run', async () => {
  const model = modelEngine(modelClock());
  model.image('app:1', { program: {} });
  const mark = { run: randomUUID(), nonce: 'ab'.repeat(16) };
  const { release } = await journalOn(model.engine, 'app:1', { mark });
  await release();
  const thrown = (name: string, nonce: string) =>
    model.engine.createContainer(name, {
      ...{ Image: 'app:1', Labels: { ...made(), 'hot-deploy.run': mark.run, 'hot-deploy.nonce': nonce } },
    });
  await thrown('thrown', mark.nonce);
  await thrown('stranger', 'cd'.repeat(16));
  const inputs = { containers: [{ by: 'name', name: 'web' }], environment: 'production' } as const;
  const { belongings, left } = await findBelongings(model.engine, inputs);
  const throwAways = belongings.filter(({ kind }) => kind === 'throw-away container');
  expect(throwAways.map(({ name }) => name)).toEqual(['thrown']);
  expect(left.map(({ name }) => name)).toEqual(['stranger']);
});

describe('kept containers', () => {
  /** What serves is new, and the one that ran before was put aside, as the journal says. */
  async function world() {
    const model = modelEngine(modelClock());
    model.image('app:1', { program: {} });
    const { Id: old } = await model.run('old', { Image: 'app:1' });
    await model.run('web', { Image: 'app:1' });
    const { journal, release } = await journalOn(model.engine, 'app:1');
    for (const step of ['stop', 'settle', 'done'] as const) await journal.write({ ...details, id: old }, step);
    await release();
    const keep = async (id: string, own = 'web', of = id) => {
      await model.engine.stopContainer(id);
      await model.engine.renameContainer(id, `${own}.hot-deploy-previous-${of.slice(0, 12)}`);
    };
    const found = async () => {
      const inputs = { containers: [{ by: 'name', name: 'web' }], environment: 'production' } as const;
      const { belongings, left } = await findBelongings(model.engine, inputs);
      return {
        ours: belongings.flatMap(({ kind, id }) => (kind === 'kept container' ? id : [])),
        left: left.map(({ why }) => why),
      };
    };
    return { ...model, old, keep, found };
  }

  it('are ours if the journal says that they were put aside', async () => {
    const { old, keep, found } = await world();
    await keep(old);
    expect(await found()).toEqual({ ours: [old], left: [] });
  });

  it('are not ours by their name alone', async () => {
    const { run, keep, found } = await world();
    const { Id: other } = await run('other', { Image: 'app:1' });
    await keep(other);
    expect(await found()).toEqual({ ours: [], left: [expect.stringContaining('nothing shows')] });
  });

  it('are not ours under the id of another', async () => {
    const { old, run, keep, found } = await world();
    const { Id: other } = await run('other', { Image: 'app:1' });
    await keep(other, 'web', old);
    expect(await found()).toEqual({ ours: [], left: [expect.stringContaining('nothing shows')] });
  });

  it('are not touched while they run', async () => {
    const { engine, old, keep, found } = await world();
    await keep(old);
    await engine.startContainer(old);
    expect(await found()).toEqual({ ours: [], left: ['it is running, and what runs is not touched'] });
  });

  it('of others are not looked at', async () => {
    const { old, keep, found } = await world();
    await keep(old, 'api');
    expect(await found()).toEqual({ ours: [], left: [] });
  });
});
