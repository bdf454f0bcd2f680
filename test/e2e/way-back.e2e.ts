import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitPath } from '../../src/hot-load/commit.js';
import { findDowngradePath } from '../../src/hot-load/downgrade.js';
import type { UpgradeManifest } from '../../src/hot-load/manifest.js';
import { follow, type UpgradePath } from '../../src/hot-load/path.js';
import { readManifest } from '../../src/hot-load/stored-manifest.js';
import { itNightly } from '../support/nightly.js';
import { worlds } from '../support/tier.js';
import { type Container, connect, healthy, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { whatRuns, workplace } from '../support/world/going-back.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

describe.each(worlds)('three releases, one after the other, on Debian %s', (debian) => {
  const one = { example: 'octochat', version: 1, debian } as const;
  const two = { ...one, version: 2 };
  // Says who called its code_change on the way down, and with what.
  const third = octochat({
    version: '0.2.1',
    basis: 2,
    debian,
    replace: {
      'apps/octochat/lib/octochat/connection.ex': [
        [
          'def code_change({:down, _vsn}, %{socket: socket, seen: seen}, _extra), do: {:ok, {socket, seen}}',
          `@vsn "three"
  def code_change({:down, vsn}, %{seen: seen} = state, _extra) do
    :persistent_term.put(:went_down, {:down, is_integer(vsn)})
    {:ok, %{state | seen: seen + 1000}}
  end
  def code_change(_vsn, %{seen: seen} = state, _extra), do: {:ok, %{state | seen: seen + 100}}`,
        ],
      ],
      'config/runtime.exs': [['config :octochat,', 'config :octochat,\n  limit: 3,']],
    },
  });
  let web: Container;
  let client: Lines;
  let pid: number;

  const pathTo = async (
    version: string,
  ): Promise<{ path: UpgradePath; place: Awaited<ReturnType<typeof workplace>> }> => {
    const place = await workplace(web);
    const { container, running } = await whatRuns(place, web.name);
    const way = await findDowngradePath(place.engine, container.Id, running, version, place.inputs.suspendTimeoutMs);
    if (way.kind === 'closed') {
      throw new Error(JSON.stringify(way.reasons));
    }
    return { path: { name: web.name, container, running, direction: 'down', steps: way.steps }, place };
  };

  beforeAll(async () => {
    web = await start(await image(one), ['-e', 'OCTOCHAT_GREETING=ahoi']);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
    pid = (await web.inspect()).State.Pid;
    for (const next of [two, third]) {
      expect((await deployTo(web.name, { image: await image(next) })).report).toMatchObject({
        outcome: 'deployed',
        method: 'relup',
      });
    }
    expect(await client.ask('PING')).toBe('PONG 0.2.1 102');
  });

  it('go back hot to the first by what the deploys have left, with the connection, the state and the settings', async () => {
    const { path, place } = await pathTo('0.1.0');
    expect(path.steps.map(({ from, to }) => [to, from])).toEqual([
      ['0.2.1', '0.2.0'],
      ['0.2.0', '0.1.0'],
    ]);

    const ended = await follow(place.work, path);

    expect([ended.message, ended.outcome]).toEqual([undefined, 'deployed']);
    expect(place.steps).toEqual(['switch']);
    expect(await evaluate(web, 'persistent_term:get(went_down)')).toBe('{down,true}');
    expect(await client.ask('PING')).toBe('PONG 0.1.0 1103');
    expect(await client.ask('GET arms')).toBe('8');
    expect(await client.ask('MOTTO')).toBe('ERROR unknown');
    expect(await client.ask('GREETING')).toBe('ahoi');
    expect(await evaluate(web, 'application:get_env(octochat, limit)')).toBe('undefined');
    expect((await web.inspect()).State.Pid).toBe(pid);
    // Nothing is final yet.
    expect(await evaluate(web, '[V || {_, V, _, permanent} <- release_handler:which_releases()]')).toBe('["0.2.1"]');
  });

  it('come up again by the same ways before anything is final', async () => {
    const place = await workplace(web);
    const { container, running } = await whatRuns(place, web.name);
    const stored = await Promise.all(
      ['0.2.0', '0.2.1'].map((v) => readManifest(place.engine, container.Id, running.root, v)),
    );
    const steps = stored.flatMap((each): readonly UpgradeManifest[] => (each.kind === 'stored' ? [each.way] : []));

    const ended = await follow(place.work, { name: web.name, container, running, direction: 'up', steps });

    expect([ended.message, ended.outcome]).toEqual([undefined, 'deployed']);
    expect(await client.ask('PING')).toMatch(/^PONG 0\.2\.1 12\d\d$/);
    expect(await client.ask('GET arms')).toBe('8');
    expect(await evaluate(web, 'application:get_env(octochat, limit)')).toBe('{ok,3}');
  });

  it('go back after a restart of the container, too, one at a time, and stay there over the next', async () => {
    await docker('restart', web.name);
    await healthy(web);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 9');
    const { path, place } = await pathTo('0.2.0');

    const ended = await commitPath(place.work, path, await follow(place.work, path));

    expect([ended.message, ended.outcome, ended.warnings]).toEqual([undefined, 'deployed', undefined]);
    expect(place.steps).toEqual(['switch', 'settle', 'done']);
    expect(ended.earlier?.releases.map(({ version }) => version)).toEqual(['0.1.0', '0.2.1']);
    expect(await client.ask('GET arms')).toBe('9');

    await docker('restart', web.name);
    await healthy(web);
    client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('PONG 0.2.0 1');
    await client.ask('PUT arms 10');
    const last = await pathTo('0.1.0');
    expect(await commitPath(last.place.work, last.path, await follow(last.place.work, last.path))).toMatchObject({
      outcome: 'deployed',
    });
    expect(await client.ask('PING')).toBe('PONG 0.1.0 3');
    expect(await client.ask('GET arms')).toBe('10');
  });

  it('and the second is deployed hot once more', async () => {
    const { report } = await deployTo(web.name, { image: await image(two) });
    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0', to: '0.2.0' });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true });
    expect(await client.ask('GET arms')).toBe('10');
    expect(await client.ask('PING')).toBe('PONG 0.2.0 6');
  });
});

itNightly('goes back hot in a release of relx, too, whose own start script says what boots', async () => {
  const web = await start(await image({ example: 'turnstile', version: 1 }));
  const { report } = await deployTo(web.name, { image: await image({ example: 'turnstile', version: 2 }) });
  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
  const place = await workplace(web);
  const { container, running } = await whatRuns(place, web.name);
  const to = report.from ?? '';
  const way = await findDowngradePath(place.engine, container.Id, running, to, place.inputs.suspendTimeoutMs);
  expect(way).toMatchObject({ kind: 'open', steps: [{ from: to }] });
  if (way.kind === 'closed') return;
  const path = { name: web.name, container, running, direction: 'down', steps: way.steps } as const;

  const ended = await commitPath(place.work, path, await follow(place.work, path));

  expect([ended.message, ended.outcome, ended.warnings]).toEqual([undefined, 'deployed', undefined]);
  await docker('restart', web.name);
  await healthy(web);
  expect((await whatRuns(place, web.name)).running.version).toBe(to);
});
