import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everything } from '../support/tier.js';
import {
  type Container,
  connect,
  eventually,
  healthy,
  type Lines,
  removeContainers,
  start,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

describe('one container, deploy after deploy', () => {
  const one = { example: 'octochat', version: 1, debian: 'bookworm' } as const;
  const third = octochat({
    version: '0.2.1',
    basis: 2,
    replace: {
      'apps/octochat/lib/octochat/connection.ex': [
        [
          'def code_change(_vsn, {socket, seen}, _extra)',
          'def code_change(_vsn, %{seen: seen} = state, _extra), do: {:ok, %{state | seen: seen + 100}}\n  def code_change(_vsn, {socket, seen}, _extra)',
        ],
      ],
      'config/runtime.exs': [['config :octochat,', 'config :octochat,\n  limit: 3,']],
    },
  });
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await image(one), ['-e', 'OCTOCHAT_GREETING=ahoi']);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('is as it was after any number of plans: no atom, process, port, table, module or file is added', async () => {
    const next = await image({ ...one, version: 2 });
    const counted = async () =>
      await evaluate(
        web,
        `lists:foreach(fun erlang:garbage_collect/1, erlang:processes()),
         [erlang:system_info(atom_count), erlang:system_info(process_count), erlang:system_info(port_count),
          erlang:system_info(ets_count), length(code:all_loaded()), length(nodes(known))]`,
      );
    const plan = async () =>
      expect((await deployTo(web.name, { mode: 'plan', image: next })).report).toMatchObject({
        outcome: 'planned',
        method: 'relup',
      });
    // Whoever asks goes by one of eight names, each of which the node knows from then on.
    for (let name = 0; name < 8; name++) {
      const call = `/app/erts-*/bin/erl_call -sname octochat -h hot_deploy_${name} -c "$(cat /app/releases/COOKIE)" -a 'erlang node'`;
      await docker('exec', web.name, 'sh', '-c', call);
    }
    await plan();
    const before = await standing(web);
    // A health check that is just under way has a process and a port.
    const counts = await eventually('three equal counts', async () => {
      const [first, ...others] = [await counted(), await counted(), await counted()];
      return others.every((other) => other === first) ? first : undefined;
    });

    for (let times = 0; times < (everything ? 10 : 3); times++) {
      await plan();
    }

    // Nothing is added. A node that was known may be forgotten meanwhile, as nobody has heard of it since.
    const numbers = (list: string) => JSON.parse(list) as readonly number[];
    const added = async () => numbers(await counted()).map((now, at) => Math.max(0, now - (numbers(counts)[at] ?? 0)));
    await expect.poll(added).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await standing(web)).toEqual(before);
    expect(await docker('exec', web.name, 'sh', '-c', 'ls -A /tmp')).toBe('');
  }, 900_000);

  it('goes hot from each release to the next, with one connection all the way', async () => {
    const { report: second } = await deployTo(web.name, { image: await image({ ...one, version: 2 }) });
    expect(second).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0', to: '0.2.0' });
    expect(await client.ask('PING')).toBe('PONG 0.2.0 2');

    const { report } = await deployTo(web.name, { image: await image(third) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.2.0', to: '0.2.1' });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await client.ask('PING')).toBe('PONG 0.2.1 103');
    expect(await client.ask('GET arms')).toBe('8');
    expect(await evaluate(web, 'application:get_env(octochat, limit)')).toBe('{ok,3}');
    expect(await evaluate(web, '[V || {_, V, _, permanent} <- release_handler:which_releases()]')).toBe('["0.2.1"]');
    // The application's own log knows nothing of it all.
    expect(await docker('logs', web.name)).toBe('');
  });

  it('is left alone when it runs the image already, also after a restart', async () => {
    const next = await image(third);
    const before = await standing(web);
    expect((await deployTo(web.name, { image: next })).report).toMatchObject({ outcome: 'unchanged', method: 'none' });
    expect(await standing(web)).toEqual(before);
    expect(await client.ask('PING')).toMatch(/^PONG 0\.2\.1 \d+$/);

    await docker('restart', web.name);
    await healthy(web);

    expect((await deployTo(web.name, { image: next })).report).toMatchObject({ outcome: 'unchanged', method: 'none' });
    expect(await (await connect(await web.port(4040))).ask('PING')).toBe('PONG 0.2.1 1');
  });
});
