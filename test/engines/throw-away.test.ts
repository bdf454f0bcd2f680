import { describe, expect, it } from 'vitest';
import type { ContainerSpec, ContainerSummary, Engine } from '../../src/engines/engine.js';
import { marking, stale } from '../../src/engines/throw-away.js';

const hourMs = 3_600_000;
const made = (id: string, hoursAgo: number, labels: Readonly<Record<string, string>>): ContainerSummary => ({
  ...{ id, labels, names: [id], state: 'running', networkMode: 'none' },
  createdAt: -hoursAgo * hourMs,
});

describe('what a run left behind', () => {
  const role = { 'hot-deploy.role': 'workshop' };
  const all = [
    made('old', 3, role),
    made('young', 1, role),
    made('of the living', 1, { ...role, 'hot-deploy.holder': 'alive' }),
    made('of the dead', 0, { ...role, 'hot-deploy.holder': 'dead' }),
    made('a lock', 9, { 'hot-deploy.lock': 'production', 'hot-deploy.holder': 'dead' }),
    made("somebody's", 9, {}),
  ];

  it('is stale after hours, and at once where it is known to be dead', () => {
    expect(stale(all, (holder) => holder === 'dead').map(({ id }) => id)).toEqual(['old', 'of the dead']);
  });
});

describe('the engine of a run', () => {
  /** The labels that a container gets which is made by it. */
  async function labelsOf(spec: ContainerSpec): Promise<unknown> {
    let given: ContainerSpec = {};
    const engine = {
      createContainer: async (_: string, body: ContainerSpec) => {
        given = body;
        return 'id';
      },
    } as unknown as Engine;
    expect(await marking(engine, { run: 'R', nonce: 'N', holder: 'H' }).createContainer('name', spec)).toBe('id');
    return given;
  }

  it('marks what is thrown away with whose it is', async () => {
    expect(await labelsOf({ Image: 'i', Labels: { 'hot-deploy.role': 'base' } })).toEqual({
      Image: 'i',
      Labels: { 'hot-deploy.role': 'base', 'hot-deploy.run': 'R', 'hot-deploy.nonce': 'N', 'hot-deploy.holder': 'H' },
    });
  });

  it('says of what takes the place of another which run has made it', async () => {
    const labels = { own: '1', 'hot-deploy.replaces': 'a', 'hot-deploy.run': 'earlier' };
    expect(await labelsOf({ Labels: labels })).toEqual({ Labels: { ...labels, 'hot-deploy.run': 'R' } });
  });

  it('leaves the containers of others as they are to be', async () => {
    for (const spec of [{ Image: 'i' }, { Image: 'i', Labels: { own: '1' } }]) expect(await labelsOf(spec)).toBe(spec);
  });
});
