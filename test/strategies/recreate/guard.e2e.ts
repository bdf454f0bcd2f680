import { describe, expect, it } from 'vitest';
import { nonceLabel, replacesLabel } from '../../../src/engines/throw-away.js';
import { findInterrupted } from '../../../src/recovery/interrupted.js';
import { detectState } from '../../../src/strategies/recreate/state.js';
import { attempt, bench, claimOn, leftOver, named, openBench, v1, v2 } from './attempt.js';

openBench();

describe('a container is not touched', () => {
  it('when the temporary name belongs to somebody', async () => {
    const old = await bench.run('taken', v1.Id);
    const other = await bench.run(`taken.hot-deploy-new-${old.Id.slice(0, 12)}`, v1.Id);
    const { result } = await attempt(old);
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('remove or rename it') });
    expect(await bench.engine.inspectContainer(old.Id)).toMatchObject({ State: { StartedAt: old.State.StartedAt } });
    expect(await bench.engine.inspectContainer(other.Id)).toMatchObject({ State: { Running: true } });
    await bench.engine.removeContainer(other.Id, { force: true });
  });

  it('but one that a killed run left under that name makes room', async () => {
    const old = await bench.run('killed', v1.Id);
    await bench.engine.createContainer(`${bench.prefix}-killed.hot-deploy-new-${old.Id.slice(0, 12)}`, {
      Image: v1.Id,
      Labels: { [replacesLabel]: old.Id, [nonceLabel]: claimOn(old).nonce },
    });
    expect((await attempt(old)).result.kind).toBe('recreated');
    expect(await leftOver()).toEqual([]);
  });

  it('nor is one that somebody else has made, and never started, under that name', async () => {
    const old = await bench.run('foreign', v1.Id);
    const name = `${bench.prefix}-foreign.hot-deploy-new-${old.Id.slice(0, 12)}`;
    const other = await bench.engine.createContainer(name, { Image: v1.Id });
    const { result } = await attempt(old);
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('that hot-deploy has not made') });
    expect(await bench.engine.findContainer(other)).toBeDefined();
    await bench.engine.removeContainer(other);
  });

  it('for a container to which somebody gave the name of one that a restart puts aside', async () => {
    const own = await bench.run('served', v1.Id);
    const name = `${own.Name.slice(1)}.hot-deploy-old-aaaaaaaaaaaa`;
    const { Id: stranger } = await bench.run(name.slice(bench.prefix.length + 1), v1.Id);
    const selectors = [{ by: 'name', name: own.Name.slice(1) }] as const;
    expect(await findInterrupted(bench.engine, selectors)).toEqual([]);
    expect(detectState(own.Name.slice(1), await bench.engine.containers(), claimOn(own))).toEqual({ kind: 'none' });
    const { result } = await attempt(own);
    expect(result.kind).toBe('recreated');
    expect(await bench.engine.inspectContainer(stranger)).toMatchObject({ Name: `/${name}`, State: { Running: true } });
    await bench.engine.removeContainer(stranger, { force: true });
  });

  it('when the name that it needs for itself meanwhile is taken', async () => {
    const old = await bench.run('kept', v1.Id);
    const other = await bench.run(`kept.hot-deploy-old-${old.Id.slice(0, 12)}`, v1.Id);
    expect((await attempt(old)).result).toMatchObject({
      kind: 'untouched',
      why: expect.stringContaining('needed and taken'),
    });
    await bench.engine.removeContainer(other.Id, { force: true });
  });

  it('when Swarm looks after it', async () => {
    const old = await bench.run('task', '--label', 'com.docker.swarm.service.name=shop_web', v1.Id);
    expect((await attempt(old)).result).toMatchObject({
      kind: 'untouched',
      why: expect.stringContaining('service shop_web'),
    });
  });

  it('when the new one cannot be created', async () => {
    const old = await bench.run('gone', v1.Id);
    const { result } = await attempt(old, { ...v2, Id: `sha256:${'0'.repeat(64)}`, RepoTags: ['no:such'] });
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('has no image') });
  });

  it('when it is not running', async () => {
    await bench.run('stopped', v1.Id);
    await bench.engine.stopContainer(`${bench.prefix}-stopped`);
    const { result } = await attempt(await named('stopped'));
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('is exited') });
  });
});
