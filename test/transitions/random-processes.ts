import type { Closing, RandomApplication } from './random.js';
import type { Application, Expectation } from './row.js';

interface Half {
  readonly sources: Readonly<Record<string, string | undefined>>;
  readonly how: Pick<Application, 'children'>;
}

/** Its server, its agents and their supervisor, in both versions. */
export interface RandomProcesses {
  readonly was: Half;
  readonly is: Half;
  readonly does: string;
  readonly there: readonly Expectation[];
  readonly back: readonly Expectation[];
  readonly ends: readonly string[];
}

/** How a server keeps its number. */
const shapes = { plain: 'n', tuple: '{:n, n}', map: '%{n: n}' } as const;
type Shape = keyof typeof shapes;

export function processesOf(app: string, drawn: RandomApplication, closing: Closing): RandomProcesses {
  const { agents, shelf } = drawn;
  const server = { was: drawn.server.was as Shape, is: drawn.server.is as Shape, added: drawn.server.added };
  const forgets = closing === 'forgets';
  const is = forgets && server.is === server.was ? (server.was === 'map' ? 'plain' : 'map') : server.is;
  // A child that comes first is impossible only where no callback module tells its place.
  const shelved = shelf && closing !== 'inserted';
  const half = (when: 'was' | 'is'): Half => {
    const own = agents.flatMap((each, place) => (each[when] ? [`${app}.A${place}`] : []));
    const first = when === 'is' && closing === 'inserted' ? [`${app}.First`] : [];
    // Without a callback module a new child can only come last, and one that is gone can only come back last.
    const ordered = shelved ? own : own.toSorted((one, other) => rank(agents, one) - rank(agents, other));
    const children = [...first, `${app}.Server`, ...ordered].join(', ');
    return {
      sources: {
        'lib/server.ex': serverSource(app, when === 'was' ? server.was : is, server.was, when === 'was' || forgets),
        'lib/first.ex': first.length === 0 ? undefined : agentSource(`${app}.First`),
        ...Object.fromEntries(
          agents.map((each, place) => [`lib/a${place}.ex`, each[when] ? agentSource(`${app}.A${place}`) : undefined]),
        ),
        ...(shelved && { 'lib/shelf.ex': shelfSource(app, children) }),
      },
      how: { children: shelved ? `${app}.Shelf` : children },
    };
  };
  const kept = agents.flatMap(({ was, is: stays }, place) => (was && stays ? [`${app}.A${place}`] : []));
  const asked = [
    [`${app}.Server.get()`, String(server.added)] as const,
    ...kept.map((name) => [`Agent.get(${name}, & &1)`, ':marked'] as const),
  ];
  const alive = (when: 'was' | 'is') =>
    agents.map((each, place) => [`is_pid(Process.whereis(${app}.A${place}))`, String(each[when])] as const);
  return {
    was: half('was'),
    is: half('is'),
    does: [
      `${app}.Server.add(${server.added})`,
      ...kept.map((name) => `Agent.update(${name}, fn _ -> :marked end)`),
    ].join('\n'),
    there: [...asked, ...alive('is')],
    back: [...asked, ...alive('was')],
    ends: agents.flatMap(({ was, is: stays }, place) => (was && !stays ? [`'Elixir.${app}.A${place}'`] : [])),
  };
}

function rank(agents: RandomApplication['agents'], name: string): number {
  const place = Number(name.slice(name.lastIndexOf('A') + 1));
  const each = agents[place];
  return each?.was && each.is ? place : agents.length + place;
}

function serverSource(app: string, shape: Shape, former: Shape, withoutChange: boolean): string {
  const change =
    withoutChange || shape === former
      ? ''
      : `@impl true
  def code_change({:down, _}, ${shapes[shape]}, _), do: {:ok, ${shapes[former]}}
  def code_change(_, ${shapes[former]}, _), do: {:ok, ${shapes[shape]}}`;
  return `defmodule ${app}.Server do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
  def add(m), do: GenServer.call(__MODULE__, {:add, m})
  def get, do: GenServer.call(__MODULE__, :get)
  @impl true
  def init(n), do: {:ok, ${shapes[shape]}}
  @impl true
  def handle_call({:add, m}, _from, ${shapes[shape]}) do
    n = n + m
    {:reply, :ok, ${shapes[shape]}}
  end
  def handle_call(:get, _from, ${shapes[shape]} = state), do: {:reply, n, state}
  ${change}
end
`;
}

function agentSource(name: string): string {
  return `defmodule ${name} do
  use Agent
  def start_link(_), do: Agent.start_link(fn -> :fresh end, name: __MODULE__)
end
`;
}

function shelfSource(app: string, children: string): string {
  return `defmodule ${app}.Shelf do
  use Supervisor
  def start_link(_), do: Supervisor.start_link(__MODULE__, [], name: __MODULE__)
  @impl true
  def init(_), do: Supervisor.init([${children}], strategy: :one_for_one)
end
`;
}
