import { afterAll, describe, expect, it } from 'vitest';
import { type Container, connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const kv = 'apps/kv/lib/kv';
const octochat = 'apps/octochat/lib/octochat';

const application = (children: string, options = 'strategy: :one_for_one') => ({
  [`${kv}/application.ex`]: `defmodule KV.Application do
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([${children}], [name: KV.Supervisor, ${options}])
  end
end
`,
});

const server = (children: readonly string[]) => ({
  [`${octochat}/application.ex`]: `defmodule Octochat.Application do
  use Application

  @impl true
  def start(_type, _args) do
    children = [
      ${children.join(',\n      ')}
    ]

    Supervisor.start_link(children, strategy: :one_for_one, name: Octochat.Supervisor)
  end

  @impl true
  def config_change(changed, new, removed) do
    Octochat.Changes.record(Keyword.keys(changed) ++ Keyword.keys(new) ++ removed)
  end

  defp port(name), do: Application.fetch_env!(:octochat, name)
end
`,
});

const connections = '{DynamicSupervisor, name: Octochat.ConnectionSupervisor}';
const requests = '{Task.Supervisor, name: Octochat.RequestSupervisor}';
const lines = '{Octochat.Acceptor, port: port(:tcp_port), packet: :line, handler: Octochat.Connection}';
const http = '{Octochat.Acceptor, port: port(:http_port), packet: :http_bin, handler: Octochat.Request}';
const registry = '{Registry, keys: :unique, name: Octochat.Rooms}';

const counter = (
  name: string,
  first = 'count',
  body = 'def handle_call(:count, _from, count), do: {:reply, count, count + 1}',
) => ({
  [`${kv}/${name.toLowerCase()}.ex`]: `defmodule KV.${name} do
  use GenServer

  def start_link(_arg), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
  def count, do: GenServer.call(__MODULE__, :count)

  @impl true
  def init(count), do: {:ok, ${first}}

  @impl true
  ${body}
end
`,
});

const pair = `def handle_call(:count, _from, {count, since}), do: {:reply, count, {count + 1, since}}

  @impl true
  def code_change({:down, _vsn}, {count, _since}, _extra), do: {:ok, count}
  def code_change(_vsn, count, _extra), do: {:ok, {count, 0}}`;

const store = (size: string) => ({
  'apps/kv/lib/kv.ex': `defmodule KV do
  use GenServer

  @vsn 1

  def start_link(_options), do: GenServer.start_link(__MODULE__, %{}, name: __MODULE__)
  def put(key, value), do: GenServer.call(__MODULE__, {:put, key, value})
  def get(key), do: GenServer.call(__MODULE__, {:get, key})
  def size, do: GenServer.call(__MODULE__, :size)

  @impl true
  def init(data), do: {:ok, data}

  @impl true
  def handle_call({:put, key, value}, _from, data), do: {:reply, :ok, Map.put(data, key, value)}
  def handle_call({:get, key}, _from, data), do: {:reply, Map.get(data, key), data}
  def handle_call(:size, _from, data), do: {:reply, ${size}, data}
end
`,
});

const tuples = {
  [`${octochat}/render/tuple.ex`]: `defimpl Octochat.Render, for: Tuple do
  def render(tuple), do: tuple |> Tuple.to_list() |> Octochat.Render.render()
end
`,
};

const words = (greeting: string, more = '') => ({
  'config/runtime.exs': `import Config

config :logger, level: String.to_existing_atom(System.get_env("OCTOCHAT_LOG_LEVEL", "info"))

config :octochat,
  tcp_port: String.to_integer(System.get_env("OCTOCHAT_TCP_PORT", "4040")),
  http_port: String.to_integer(System.get_env("OCTOCHAT_HTTP_PORT", "8080")),
  greeting: "${greeting}"
${more}`,
});

type Files = Readonly<Record<string, string | undefined>>;

/** What a team does to an umbrella from day to day, each on top of the ones before it. */
const edits: readonly (readonly [what: string, files: Files])[] = [
  ['a child comes first', { ...application('KV.First, KV'), ...counter('First') }],
  ['a child comes last', { ...application('KV.First, KV, KV.Last'), ...counter('Last') }],
  ['a child comes in the middle', { ...application('KV.First, KV.Middle, KV, KV.Last'), ...counter('Middle') }],
  ['children change places', application('KV.Middle, KV.Last, KV, KV.First')],
  [
    'the restart intensity changes',
    application('KV.Middle, KV.Last, KV, KV.First', 'strategy: :one_for_one, max_restarts: 10'),
  ],
  [
    'the strategy changes',
    application('KV.Middle, KV.Last, KV, KV.First', 'strategy: :rest_for_one, max_restarts: 10, max_seconds: 20'),
  ],
  [
    'a child in the middle goes, and its module with it',
    {
      ...application('KV.Middle, KV, KV.First', 'strategy: :rest_for_one, max_restarts: 10, max_seconds: 20'),
      [`${kv}/last.ex`]: undefined,
    },
  ],
  [
    'one child takes the place of another',
    { ...application('KV.Other, KV, KV.First'), ...counter('Other'), [`${kv}/middle.ex`]: undefined },
  ],
  [
    'a child is shut down in another way',
    application('KV.Other, Supervisor.child_spec(KV, shutdown: 9_000), KV.First'),
  ],
  [
    'a child is restarted in other cases',
    application('KV.Other, Supervisor.child_spec(KV, restart: :transient), KV.First'),
  ],
  ['a function answers something else', store('map_size(data) + 0')],
  ['a state takes another shape, with code_change', counter('First', '{count, 0}', pair)],
  ['a registry comes in front of the listeners of a sibling', server([registry, connections, requests, lines, http])],
  ['listeners change places', server([connections, registry, requests, http, lines])],
  ['a protocol is implemented for one more type', tuples],
  ['a setting takes another value', words('good morning')],
  ['a setting comes', words('good morning', '\nconfig :octochat, limit: 7\n')],
  ['a setting goes', words('good morning')],
  [
    'a supervisor with children of its own comes, in the middle',
    {
      ...application('KV.Other, KV.Shelves, KV, KV.First'),
      ...counter('Inner'),
      [`${kv}/shelves.ex`]: `defmodule KV.Shelves do
  use Supervisor

  def start_link(_arg), do: Supervisor.start_link(__MODULE__, :ok, name: __MODULE__)

  @impl true
  def init(:ok), do: Supervisor.init([KV.Inner], strategy: :one_for_one)
end
`,
    },
  ],
  [
    'both applications change at once',
    {
      ...application('KV, KV.Shelves, KV.First'),
      [`${kv}/other.ex`]: undefined,
      ...server([connections, requests, http, lines]),
    },
  ],
];

describe('twenty edits of an umbrella, one after the other on one fleet', () => {
  let files: Files = { ...application('KV') };
  let fleet: readonly Container[] = [];
  const built = (version: string) => image({ example: 'octochat', version: 1, files, args: [`VERSION=${version}`] });
  let clients: readonly Awaited<ReturnType<typeof connect>>[] = [];

  it('two containers serve, and a client stays connected to each', async () => {
    const first = await built('1.0.0');
    fleet = [await start(first), await start(first)];
    clients = await Promise.all(fleet.map(async (container) => await connect(await container.port(4040))));
    for (const client of clients) await client.ask('PUT arms 8');
  });

  it.each(edits.map(([what, changed], at) => ({ what, changed, version: `1.0.${at + 1}` })))(
    '$version: $what',
    async ({ changed, version }) => {
      files = { ...files, ...changed };
      files = Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined));
      const names = fleet.map(({ name }) => name);
      const next = await built(version);

      const { report, log } = await deployTo(names, { image: next, rehearse: 'auto', 'max-parallel': '2' });

      expect(report.reasons, log).toEqual([]);
      expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
      for (const { proof } of report.containers)
        expect(proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
      const { report: status } = await deployTo(names, { mode: 'status', image: next });
      expect(status.containers.map(({ drift }) => drift)).toMatchObject(names.map(() => ({ state: 'equal' })));
      for (const client of clients) {
        expect(await client.ask('GET arms')).toBe('8');
        expect(await client.ask(`PING`)).toContain(`PONG ${version} `);
      }
    },
  );
});
