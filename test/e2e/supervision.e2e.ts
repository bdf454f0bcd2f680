import { afterAll, afterEach, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
});

const probe = 'http://{container}:8080/health';
/** One that answers late is not one that fails. */
const soak = '2s';

const shelf = (children: string, strategy: string) => `defmodule KV.Shelf do
  use Supervisor

  def start_link(arg), do: Supervisor.start_link(__MODULE__, arg, name: __MODULE__)

  @impl true
  def init(_arg) do
    Supervisor.init([${children}], ${strategy})
  end
end
`;

const box = (name: string) => `defmodule KV.${name} do
  use Agent

  def start_link(_arg), do: Agent.start_link(fn -> System.unique_integer() end, name: __MODULE__)
end
`;

const application = (children: string) => `defmodule KV.Application do
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([${children}], strategy: :one_for_one, name: KV.Supervisor)
  end
end
`;

const kv = 'apps/kv/lib/kv';
const bump = [['0.1.0', '0.2.0']] as const;
const first = {
  example: 'octochat',
  version: 1,
  files: {
    [`${kv}/application.ex`]: application('KV, KV.Shelf'),
    [`${kv}/shelf.ex`]: shelf('KV.One, KV.Two', 'strategy: :one_for_one'),
    [`${kv}/one.ex`]: box('One'),
    [`${kv}/two.ex`]: box('Two'),
  },
};

async function rpc(container: { exec(...argv: string[]): Promise<string> }, expression: string): Promise<string> {
  return await container.exec('/app/bin/octochat', 'rpc', `IO.inspect(${expression})`);
}

const children = 'for {id, pid, _, _} <- Supervisor.which_children(KV.Shelf), do: {id, is_pid(pid)}';

it('a supervisor with a callback module takes up new children and new settings, and the children it keeps go on', async () => {
  const one = await image(first);
  const two = await image({
    ...first,
    files: {
      ...first.files,
      [`${kv}/shelf.ex`]: shelf('KV.One, KV.Two, KV.Three', 'strategy: :one_for_one, max_restarts: 7'),
      [`${kv}/three.ex`]: box('Three'),
    },
    replace: { 'apps/kv/mix.exs': bump, 'mix.exs': bump },
  });
  const web = await start(one);
  const kept = await rpc(web, 'Agent.get(KV.One, & &1)');

  const { report } = await deployTo(web.name, { image: two, probe, soak, rehearse: 'auto' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
  expect(report.containers[0]?.proof?.supervision.differing).toEqual([]);
  expect(await rpc(web, children)).toBe('[{KV.Three, true}, {KV.Two, true}, {KV.One, true}]');
  expect(await rpc(web, 'elem(:sys.get_state(KV.Shelf), 5)')).toBe('7');
  expect(await rpc(web, 'Agent.get(KV.One, & &1)')).toBe(kept);
});

itNightly('a child that leaves a supervisor without callback module is ended, and its module with it', async () => {
  const one = await image({
    ...first,
    files: {
      ...first.files,
      [`${kv}/application.ex`]: application('KV, KV.Shelf, KV.Three'),
      [`${kv}/three.ex`]: box('Three'),
    },
  });
  const two = await image({ ...first, replace: { 'apps/kv/mix.exs': bump, 'mix.exs': bump } });
  const web = await start(one);
  const client = await connect(await web.port(4040));
  await client.ask('PUT arms 8');

  const { report } = await deployTo(web.name, { image: two, probe, soak, rehearse: 'auto' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
  expect(await rpc(web, 'Process.whereis(KV.Three)')).toBe('nil');
  expect(await rpc(web, ':erlang.module_loaded(KV.Three)')).toBe('false');
  expect(await client.ask('GET arms')).toBe('8');
});

itNightly('a child that would be started with other arguments is a reason to restart', async () => {
  const one = await image(first);
  const other = await image({
    ...first,
    files: { ...first.files, [`${kv}/application.ex`]: application('KV, {KV.Shelf, :other}') },
    replace: { 'apps/kv/mix.exs': bump, 'mix.exs': bump },
  });
  const web = await start(one);

  const { report } = await deployTo(web.name, { image: other, mode: 'plan' });

  expect(report).toMatchObject({ outcome: 'planned', method: 'recreate' });
  expect(report.reasons).toMatchObject([{ code: 'supervision-changed', blocks: ['relup'] }]);
});

itNightly('children that change places under a list go on running, and change back on the way down', async () => {
  const one = await image(first);
  const turned = await image({
    ...first,
    files: { ...first.files, [`${kv}/application.ex`]: application('KV.Shelf, KV') },
    replace: { 'apps/kv/mix.exs': bump, 'mix.exs': bump },
  });
  const web = await start(one);
  const kept = await rpc(web, 'Agent.get(KV.One, & &1)');
  const order = 'for {id, _, _, _} <- Supervisor.which_children(KV.Supervisor), do: id';

  const { report } = await deployTo(web.name, { image: turned, rehearse: 'auto' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', containers: [{ proof: { converged: true } }] });
  // A supervisor tells the last one first.
  expect(await rpc(web, order)).toBe('[KV, KV.Shelf]');
  expect(await rpc(web, 'Agent.get(KV.One, & &1)')).toBe(kept);
  const { report: back } = await deployTo(web.name, { image: one, mode: 'rollback', rehearse: 'auto' });
  expect(back).toMatchObject({ outcome: 'deployed', method: 'relup', containers: [{ proof: { converged: true } }] });
  expect(await rpc(web, order)).toBe('[KV.Shelf, KV]');
});

itNightly('another order that a callback module brings is taken up, and all children go on', async () => {
  const one = await image(first);
  const two = await image({
    ...first,
    files: { ...first.files, [`${kv}/shelf.ex`]: shelf('KV.Two, KV.One', 'strategy: :one_for_one') },
    replace: { 'apps/kv/mix.exs': bump, 'mix.exs': bump },
  });
  const web = await start(one);
  expect(await rpc(web, children)).toBe('[{KV.Two, true}, {KV.One, true}]');
  const kept = await rpc(web, 'Agent.get(KV.One, & &1)');

  const { report } = await deployTo(web.name, { image: two, rehearse: 'auto' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', containers: [{ proof: { converged: true } }] });
  // A supervisor tells the last one first.
  expect(await rpc(web, children)).toBe('[{KV.One, true}, {KV.Two, true}]');
  expect(await rpc(web, 'Agent.get(KV.One, & &1)')).toBe(kept);
});

itNightly('an application that joins the release is loaded and started', async () => {
  const one = await image({ example: 'octochat', version: 1 });
  const two = await image({
    example: 'octochat',
    version: 1,
    files: {
      'apps/extra/mix.exs': `defmodule Extra.MixProject do
  use Mix.Project

  def project do
    [app: :extra, version: "0.1.0", build_path: "../../_build", config_path: "../../config/config.exs", deps_path: "../../deps", lockfile: "../../mix.lock"]
  end

  def application, do: [mod: {Extra, []}, extra_applications: [:logger]]
end
`,
      'apps/extra/lib/extra.ex': `defmodule Extra do
  use Application

  @impl true
  def start(_type, _args), do: Agent.start_link(fn -> :here end, name: Extra.Box) |> then(fn {:ok, _} -> Supervisor.start_link([], strategy: :one_for_one) end)
end
`,
    },
    replace: { 'mix.exs': [...bump, ['octochat: :permanent', 'octochat: :permanent, extra: :permanent']] },
  });
  const web = await start(one);

  const { report } = await deployTo(web.name, { image: two, probe, soak, rehearse: 'auto' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
  expect(await rpc(web, 'Agent.get(Extra.Box, & &1)')).toBe(':here');
  expect(await rpc(web, 'List.keymember?(Application.started_applications(), :extra, 0)')).toBe('true');
});

itNightly('a process that does not live through the soak is told by its module', async () => {
  const dying = `defmodule KV.One do
  use GenServer

  def start_link(_arg), do: GenServer.start_link(__MODULE__, :ok, name: __MODULE__)

  @impl true
  def init(:ok), do: {:ok, :ok}

  DYING
end
`;
  const started = { ...first.files, [`${kv}/one.ex`]: dying.replace('DYING', '') };
  const ends = `@impl true
  def code_change(_vsn, state, _extra) do
    Process.send_after(self(), :end, 300)
    {:ok, state}
  end

  @impl true
  def handle_info(:end, _state), do: exit(:shutdown)`;
  const one = await image({ ...first, files: started });
  const two = await image({
    ...first,
    files: { ...started, [`${kv}/one.ex`]: dying.replace('DYING', ends) },
    replace: { 'apps/kv/mix.exs': bump, 'mix.exs': bump },
  });
  const web = await start(one);

  const { report } = await deployTo(web.name, { image: two, probe, soak });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
  expect(report.warnings).toContain(`${web.name}: 1 of 1 processes that ran KV.One ended during the soak`);
});
