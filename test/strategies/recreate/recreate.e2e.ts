import { describe, expect, it } from 'vitest';
import { giveBack } from '../../../src/strategies/recreate/lent-name.js';
import { recreate } from '../../../src/strategies/recreate/recreate.js';
import { quiet } from '../../support/model/stage.js';
import { attempt, bench, claimOn, inside, leftOver, named, openBench, options, v1, v2 } from './attempt.js';

openBench();

describe('a re-creation', () => {
  it('puts the new image under the old name and leaves nothing else behind', async () => {
    const old = await bench.run('plain', v1.Id);
    const { result, phases } = await attempt(old);
    expect(result).toEqual({
      kind: 'recreated',
      id: (await named('plain')).Id,
      settings: { equal: true, differing: [] },
      warnings: [],
    });
    expect((await named('plain')).Image).toBe(v2.Id);
    expect(await bench.engine.findContainer(old.Id)).toBeUndefined();
    expect(await leftOver()).toEqual([]);
    expect(Object.keys(phases)).toEqual(['create', 'stop', 'rename', 'start', 'health']);
    console.log('phases in ms', JSON.stringify(phases));
  });

  it('takes up what the new image changed', async () => {
    const { result } = await attempt(await bench.run('variables', v1.Id));
    expect(result.kind).toBe('recreated');
    expect(await inside((await named('variables')).Id, 'sh', '-c', 'echo $VERSION')).toBe('2');
  });

  it('touches no other container whose name begins the same', async () => {
    const [old, other] = [await bench.run('twin', v1.Id), await bench.run('twin-2', v1.Id)];
    expect((await attempt(old)).result.kind).toBe('recreated');
    expect(await named('twin-2')).toMatchObject({ Id: other.Id, State: { StartedAt: other.State.StartedAt } });
  });

  it('meets no port conflict, since the old container is stopped first', async () => {
    const old = await bench.run('port', '--publish', '127.0.0.1:18474:80', v1.Id);
    expect((await attempt(old)).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
  });

  it('does not wait for an interval of the health check where the check passes before', async () => {
    const old = await bench.run(
      'slow-check',
      '--health-cmd',
      'test -e /tmp/up || { touch /tmp/up; false; }',
      '--health-interval',
      '1h',
      v1.Id,
    );
    const { result, phases } = await attempt(old);
    expect(result.kind).toBe('recreated');
    expect(phases['health']).toBeLessThan(3_000);
  });

  it('of a container that the engine deletes when it stops', async () => {
    const old = await bench.run('rm', '--rm', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo kept >/data/file');
    const { result } = await attempt(old);
    expect(result).toMatchObject({
      kind: 'recreated',
      settings: { equal: true },
      warnings: [expect.stringContaining('--rm')],
    });
    expect(await inside((await named('rm')).Id, 'cat', '/data/file')).toBe('kept');
  });
});

describe('the name of the image', () => {
  it('is the tag also where that means the old image until the deploy is done', async () => {
    const old = await bench.run('tagged', v1.RepoTags[0] ?? '');
    await attempt(old);
    expect((await named('tagged')).Config.Image).toBe(v2.RepoTags[0]);
    const another = { reference: v2.RepoTags[0] ?? '', id: v1.Id };
    await recreate(bench.engine, await named('tagged'), v2, another, options());
    expect(await named('tagged')).toMatchObject({ Image: v1.Id, Config: { Image: v2.RepoTags[0] } });
    expect((await bench.engine.findImage(v2.RepoTags[0] ?? ''))?.Id).toBe(v2.Id);
  });

  it('is the id where nobody has the name yet', async () => {
    const old = await bench.run('unnamed', v1.Id);
    await recreate(
      bench.engine,
      old,
      v1,
      { reference: `${bench.prefix}-nobody:1`, id: v2.Id },
      options({ claim: claimOn(old) }),
    );
    expect((await named('unnamed')).Config.Image).toBe(v2.Id);
    expect(await bench.engine.findImage(`${bench.prefix}-nobody:1`)).toBeUndefined();
  });

  it('means the old image again once the next run gives back what a killed one had lent', async () => {
    const reference = v1.RepoTags[0] ?? '';
    const old = await bench.run('lent', reference);
    const killed = {
      ...bench.engine,
      createContainer: async () => await Promise.reject(new Error('killed')),
      untagImage: async () => await Promise.reject(new Error('killed')),
      tagImage: async (image: string, name: string) =>
        name === reference && image === v1.Id
          ? await Promise.reject(new Error('killed'))
          : bench.engine.tagImage(image, name),
    };
    await attempt(old, { ...v2, RepoTags: [reference] }, { engine: killed });
    expect((await bench.engine.findImage(reference))?.Id).toBe(v2.Id);
    await giveBack(bench.engine, reference, { log: quiet, isBorrower: (image) => image === v2.Id });
    expect((await bench.engine.findImage(reference))?.Id).toBe(v1.Id);
    await giveBack(bench.engine, reference, { log: quiet, isBorrower: (image) => image === v2.Id });
    expect((await bench.engine.findImage(reference))?.Id).toBe(v1.Id);
  });
});
