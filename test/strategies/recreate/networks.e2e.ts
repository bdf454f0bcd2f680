import { describe, expect, it } from 'vitest';
import { attempt, bench, inside, named, openBench, v1, v2 } from './attempt.js';

openBench();

describe('a re-created container', () => {
  it('hangs on the same networks under the same aliases, again and again, and adds none', async () => {
    await bench.network('front', '--subnet', '10.213.78.0/24');
    await bench.network('back');
    const [front, back] = [`${bench.prefix}-front`, `${bench.prefix}-back`];
    await bench.run('networks', '--network', front, '--network-alias', 'www', v1.Id);
    await bench.docker('network', 'connect', '--alias', 'b', '--alias', 'bb', back, `${bench.prefix}-networks`);
    for (const to of [v2, v1, v2]) {
      expect((await attempt(await named('networks'), to)).result).toMatchObject({
        kind: 'recreated',
        settings: { equal: true },
      });
      const { Id: id, NetworkSettings: settings } = await named('networks');
      const aliases = (network: string) =>
        [...(settings.Networks[network]?.Aliases ?? [])].filter((one) => one !== id.slice(0, 12)).sort();
      expect([aliases(front), aliases(back)]).toEqual([['www'], ['b', 'bb']]);
    }
    await bench.run('peer', '--network', back, v1.Id);
    expect(await inside(`${bench.prefix}-peer`, 'getent', 'hosts', 'bb')).toContain('bb');
    expect(await inside(`${bench.prefix}-peer`, 'getent', 'hosts', `${bench.prefix}-networks`)).toContain('networks');
  });

  it('stays off the default network where the user disconnected it', async () => {
    const back = await bench.network('only');
    await bench.run('off', v1.Id);
    await bench.docker('network', 'connect', back, `${bench.prefix}-off`);
    await bench.docker('network', 'disconnect', 'bridge', `${bench.prefix}-off`);
    expect((await attempt(await named('off'))).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    expect(Object.keys((await named('off')).NetworkSettings.Networks)).toEqual([back]);
  });

  it('keeps a MAC address that was chosen', async () => {
    const id = await bench.engine.createContainer(`${bench.prefix}-mac`, {
      Image: v1.Id,
      MacAddress: '02:42:0a:d5:4d:63',
      Labels: { 'hot-deploy.test': bench.prefix },
    });
    await bench.engine.startContainer(id);
    expect((await attempt(await named('mac'))).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    expect((await named('mac')).NetworkSettings.Networks['bridge']?.MacAddress).toBe('02:42:0a:d5:4d:63');
  });

  it('keeps links of the old kind', async () => {
    const { NetworkSettings: db } = await bench.run('db', v1.Id);
    const old = await bench.run('linked', '--link', `${bench.prefix}-db:database`, v1.Id);
    expect((await attempt(old)).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    const hosts = await inside((await named('linked')).Id, 'cat', '/etc/hosts');
    expect(hosts).toMatch(new RegExp(`${db.Networks['bridge']?.IPAddress}\\s+database`));
    const { result } = await attempt(await named('db'));
    expect(result).toMatchObject({ warnings: [expect.stringContaining(`${bench.prefix}-linked has a link`)] });
  });

  it("stays in another container's network, and says so where that one is re-created", async () => {
    const owner = await bench.run('owner', v1.Id);
    const tenant = await bench.run('tenant', '--network', `container:${bench.prefix}-owner`, v1.Id);
    expect((await attempt(tenant)).result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    const { result } = await attempt(owner);
    expect(result).toMatchObject({
      kind: 'recreated',
      warnings: [expect.stringContaining(`${bench.prefix}-tenant lives in`)],
    });

    const stranded = await attempt(await named('tenant'), v1);
    expect(stranded.result).toMatchObject({ kind: 'untouched', why: expect.stringContaining(owner.Id) });
    const fresh = result.kind === 'recreated' ? result.id : '';
    const replaced = new Map([[owner.Id, fresh]]);
    const followed = await attempt(await named('tenant'), v1, { replaced });
    expect(followed.result).toMatchObject({ kind: 'recreated', settings: { equal: true } });
    expect((await named('tenant')).HostConfig.NetworkMode).toBe(`container:${fresh}`);
  });
});
