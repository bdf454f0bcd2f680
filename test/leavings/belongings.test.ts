import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { type Holder, thisHolder } from '../../src/journal/holder.js';
import { writeHolder } from '../../src/journal/lock-labels.js';
import { findBelongings } from '../../src/leavings/belongings.js';

const since = '2026-01-02T03:04:05.000Z';
const gone = { ...thisHolder('ada'), pid: spawnSync('true').pid, startTicks: 1 };
const made = (holder: Holder = gone) => ({
  ...{ 'hot-deploy.role': 'base', 'hot-deploy.run': 'r', 'hot-deploy.holder': writeHolder(holder, since) },
});
const id = (letter: string) => letter.repeat(64);
const kept = (letter: string) => `web.hot-deploy-previous-${letter.repeat(12)}`;

interface One {
  readonly id: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly image?: string;
}

/** An engine that can only be asked. The image `imitating` has the labels of a throw-away container. */
function asked(all: readonly One[]): Engine {
  const details = ({ id: Id, name, labels = {}, status = 'exited', image = 'plain' }: One) =>
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
      return one && details(one);
    },
    findImage: async (name: string) =>
      ({ Id: name, Config: { Labels: name === 'imitating' ? made() : null } }) as unknown as ImageDetails,
    added: async () => [],
    exec: async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }),
  } as unknown as Engine;
}

const told = async (...all: One[]) => {
  const inputs = { containers: [{ by: 'name', name: 'web' }], environment: 'production' } as const;
  const { belongings, left } = await findBelongings(asked(all), inputs);
  return { ours: belongings.map(({ name }) => name), left: left.map(({ name, why }) => `${name}: ${why}`) };
};

it('throw-away containers are ours if their run has ended and their labels are not those of their image', async () => {
  const all = [
    { id: id('a'), name: 'thrown', labels: made() },
    { id: id('b'), name: 'in use', labels: made(thisHolder('grace')) },
    { id: id('c'), name: 'imitation', labels: made(), image: 'imitating' },
    { id: id('d'), name: 'of nobody', labels: { 'hot-deploy.role': 'base' } },
  ];
  expect(await told(...all)).toEqual({ ours: ['thrown'], left: [] });
});

it('kept containers are ours if a restart has said that it put them aside, or made them itself', async () => {
  const web = {
    ...{ id: id('1'), name: 'web', status: 'running' },
    labels: { 'hot-deploy.run': 'r', 'hot-deploy.replaces': id('2') },
  };
  const first = { id: id('2'), name: kept('2') };
  const made = { id: id('3'), name: kept('3'), labels: { 'hot-deploy.run': 'r', 'hot-deploy.replaces': id('9') } };
  expect(await told(web, first, made)).toEqual({ ours: [kept('2'), kept('3')], left: [] });
});

it.each([
  ['by their name alone', { id: id('4'), name: kept('4') }, 'nothing shows'],
  ['under the id of another', { id: id('4'), name: kept('2') }, 'nothing shows'],
  [
    'while they run',
    { ...{ id: id('2'), name: kept('2'), status: 'running' }, labels: {} },
    'it is running, and what runs is not touched',
  ],
])('kept containers are not ours %s', async (_, one, why) => {
  const web = {
    ...{ id: id('1'), name: 'web', status: 'running' },
    labels: { 'hot-deploy.run': 'r', 'hot-deploy.replaces': id('2') },
  };
  expect(await told(web, one)).toEqual({ ours: [], left: [expect.stringContaining(why)] });
});

it('kept containers of others are not looked at', async () => {
  const labels = { 'hot-deploy.run': 'r', 'hot-deploy.replaces': id('9') };
  const other = { id: id('5'), name: `api.hot-deploy-previous-${'5'.repeat(12)}`, labels };
  expect(await told(other)).toEqual({ ours: [], left: [] });
});
