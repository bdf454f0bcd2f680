import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { connect, healthy, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';

const environment = ['-e', 'OCTOCHAT_GREETING=hello from the container', '-e', 'OCTOCHAT_MOTTO=eight arms'];
const probe = 'http://{container}:8080/health';

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
});

describe.each(['bookworm', 'trixie'] as const)('a hot deploy of an umbrella on Debian %s', (debian) => {
  it('keeps connections and state, and ends as what a cold boot of the new version is', async () => {
    const [one, two] = await Promise.all([
      image({ example: 'octochat', version: 1, debian }),
      image({ example: 'octochat', version: 2, debian }),
    ]);
    const web = await start(one, environment);
    const client = await connect(await web.port(4040));
    expect(await client.ask('PUT arms 8')).toBe('OK');
    expect(await client.ask('PING')).toBe('PONG 0.1.0 2');
    const before = await web.inspect();

    const { report } = await deployTo(web.name, { image: two, rehearse: 'auto', probe });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0', to: '0.2.0' });
    const [row] = report.containers;
    expect(row?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(row?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'downgrade', remarks: [] });
    expect(row?.downtime).toMatchObject({ failed: 0, ms: 0 });
    // The connection opened before is answered by new code on the same socket, with its own state.
    expect(await client.ask('PING')).toBe('PONG 0.2.0 3');
    expect(await client.ask('GET arms')).toBe('8');
    expect(await client.ask('SHOW tuple')).not.toContain('ERROR');
    expect(await client.ask('GREETING')).toBe('hello from the container');
    expect(await client.ask('MOTTO')).toBe('eight arms');
    expect(await client.ask('STATS')).toMatch(/^\d+$/);
    expect(await client.ask('CHANGED')).toBe('motto');
    expect((await web.inspect()).State.Pid).toBe(before.State.Pid);

    // What runs is what a restart boots, and what the tag names.
    await docker('restart', web.name);
    await healthy(web);
    const again = await connect(await web.port(4040));
    expect(await again.ask('PING')).toBe('PONG 0.2.0 1');
    const fresh = await start(two, environment);
    expect(await (await connect(await fresh.port(4040))).ask('PING')).toBe('PONG 0.2.0 1');
  });
});

it('a hot rollback fails no request either', async () => {
  const [one, two] = await Promise.all([1, 2].map((version) => image({ example: 'octochat', version })));
  const web = await start(one ?? '', environment);
  const { report: there } = await deployTo(web.name, { image: two ?? '' });
  expect(there).toMatchObject({ outcome: 'deployed', method: 'relup' });

  const { report, log } = await deployTo(web.name, { mode: 'rollback', rehearse: 'auto', probe });

  expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.2.0', to: '0.1.0' });
  expect(report.containers[0]?.downtime).toMatchObject({ failed: 0, ms: 0 });
});
