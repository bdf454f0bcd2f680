import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resume, suspendedByUs, waitUntilIdle } from '../../src/hot-load/idle.js';
import { itNightly } from '../support/nightly.js';
import { worlds } from '../support/tier.js';
import { startHotDeploy } from '../support/world/command.js';
import {
  type Container,
  connect,
  eventually,
  type Lines,
  removeContainers,
  start,
} from '../support/world/container.js';
import { whatRuns, workplace } from '../support/world/going-back.js';
import { image, removeImages } from '../support/world/images.js';
import { evaluate, suspended } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
});

const probe = 'http://{container}:8080/health';
const words = (web: Container, to: string) => [
  'deploy',
  ...['--containers', web.name, '--image', to, '--build', 'false', '--rehearse', 'never'],
  // How long a code_change may take is bounded by it, too.
  ...['--soak', '500ms', '--drain', '2s', '--suspend-timeout', '60s'],
];
/** As long as it is there, an installation goes on. */
const held = '/tmp/held';
const loaded = '[M || {M, _} <- code:all_loaded(), lists:prefix("hot_deploy_", atom_to_list(M))]';

describe.each(worlds)('a run that is killed on Debian %s', (debian) => {
  const slow = octochat({
    version: '0.2.0',
    basis: 2,
    bumped: [],
    debian,
    replace: {
      'apps/octochat/lib/octochat/connection.ex': [
        [
          'def code_change(_vsn, {socket, seen}, _extra), do: {:ok, state(socket, seen)}',
          `def code_change(_vsn, {socket, seen}, _extra) do
    Process.sleep(4000)
    Enum.find(Stream.repeatedly(fn -> Process.sleep(50) end), fn _ -> not File.exists?("${held}") end)
    {:ok, state(socket, seen)}
  end`,
        ],
      ],
    },
  });
  let web: Container;
  let client: Lines;

  beforeEach(async () => {
    web = await start(await image({ example: 'octochat', version: 1, debian }), ['-e', 'OCTOCHAT_GREETING=ahoi']);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('while the node installs: that goes on to its end', async () => {
    const place = await workplace(web);
    const { running } = await whatRuns(place, web.name);
    await web.exec('touch', held);
    const run = await startHotDeploy(words(web, await image(slow)));
    await eventually('the installation', async () => ((await suspended(web)) === '[]' ? undefined : true), 60_000);
    run.kill('SIGKILL');
    await run.ended;

    expect(await waitUntilIdle(place.work, web.name, undefined, 500)).toBe(false);
    await web.exec('rm', held);
    expect(await waitUntilIdle(place.work, web.name, undefined, 20_000)).toBe(true);
    expect(await waitUntilIdle(place.work, web.name, running.node, 20_000)).toBe(true);

    expect((await whatRuns(place, web.name)).running.version).toBe('0.2.0');
    expect(await client.ask('PING')).toBe('PONG 0.2.0 2');
    expect(await suspendedByUs(running.node, ['Elixir.KV', 'Elixir.Octochat.Connection'])).toEqual([]);
    expect(await evaluate(web, loaded)).toBe('[]');
    // The resolved configuration is not left on the disk.
    expect(await web.exec('cat', '/app/releases/0.2.0/sys.config')).not.toContain('ahoi');
    expect(await evaluate(web, '[V || {_, V, _, permanent} <- release_handler:which_releases()]')).toBe('["0.1.0"]');
  });

  itNightly('harms nobody who asks the node at the same time, and nobody harms it', async () => {
    const place = await workplace(web);
    const asking = new AbortController();
    const ask = async () => {
      for (let asked = 0; ; asked += 1) {
        if (asking.signal.aborted) return asked;
        await whatRuns(place, web.name);
      }
    };
    const askers = [ask(), ask(), ask()];
    const { code, report } = await (await startHotDeploy(words(web, await image(slow)))).ended;
    asking.abort();

    expect([code, report?.message]).toEqual([0, undefined]);
    expect(report?.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    for (const asked of await Promise.all(askers)) expect(asked).toBeGreaterThan(0);
    expect(await evaluate(web, loaded)).toBe('[]');
    expect(await evaluate(web, 'whereis(hot_deploy_agent)')).toBe('undefined');
    expect(await web.exec('cat', '/app/releases/0.2.0/sys.config')).not.toContain('ahoi');
  });

  itNightly('before it gave the word: what waited for it ends, and nothing has changed', async () => {
    const place = await workplace(web);
    const { running } = await whatRuns(place, web.name);
    const run = await startHotDeploy([...words(web, await image(slow)), '--probe', probe]);
    await run.says('Roll out');
    run.kill('SIGSTOP');
    // Whoever is asked whether it could be held does not answer, and the run waits, for as long as the test wants it to.
    const hold = "register(stubborn, self()), erlang:suspend_process(whereis('Elixir.KV')), receive stop -> ok end";
    await evaluate(web, `spawn(fun() -> ${hold} end)`);
    run.kill('SIGCONT');
    await eventually('a script that waits', async () =>
      (await waitUntilIdle(place.work, web.name, running.node, 0)) ? undefined : true,
    );
    const asks = async () => (await evaluate(web, 'whereis(hot_deploy_agent)')) !== 'undefined' || undefined;
    await eventually('that it asks who can be held', asks);
    run.kill('SIGKILL');
    await run.ended;
    await evaluate(web, 'stubborn ! stop');

    expect(await waitUntilIdle(place.work, web.name, running.node, 20_000)).toBe(true);
    expect((await whatRuns(place, web.name)).running.version).toBe('0.1.0');
    expect(await client.ask('GET arms')).toBe('8');
  });

  it('leaves processes held only where the VM’s own means ended it, and they are found and run on', async () => {
    const place = await workplace(web);
    const { running } = await whatRuns(place, web.name);
    await evaluate(web, "sys:suspend('Elixir.KV')");
    const held = await suspendedByUs(running.node, ['Elixir.KV']);
    expect(held).toMatchObject([{ name: 'Elixir.KV' }]);
    expect(await resume(running.node, ['Elixir.KV'])).toEqual([]);
    expect(await suspendedByUs(running.node, ['Elixir.KV'])).toEqual([]);
    expect(await client.ask('GET arms')).toBe('8');
  });
});
