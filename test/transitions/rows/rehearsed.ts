import type { Row } from '../row.js';

const restart = { decision: 'restart', by: 'rehearsal', possible: false } as const;

/** What neither files nor code tell: only who tries it finds out that the upgraded node is not what a cold boot is. */
export const rehearsed: readonly Row[] = [
  {
    ...restart,
    name: 'shape_map',
    promise: 'a GenServer whose map gains a key, which nobody puts into the one that runs, takes a restart',
    before: { sources: { 'lib/a.ex': server('ShapeMap', '%{count: 0}') }, children: 'ShapeMap' },
    after: { sources: { 'lib/a.ex': server('ShapeMap', '%{count: 0, since: 1}') } },
    reasons: ['state-shape-changed ShapeMap'],
  },
  {
    ...restart,
    name: 'shape_struct',
    promise: 'a GenServer whose struct gains a field without code_change takes a restart',
    before: {
      sources: { 'lib/a.ex': server('ShapeStruct', 'struct(__MODULE__)', 'defstruct [:a]') },
      children: 'ShapeStruct',
    },
    after: { sources: { 'lib/a.ex': server('ShapeStruct', 'struct(__MODULE__)', 'defstruct [:a, :b]') } },
    reasons: ['state-shape-changed ShapeStruct'],
  },
  {
    ...restart,
    name: 'shape_record',
    promise: 'a gen_server whose record gains a field without code_change takes a restart',
    before: {
      sources: { 'src/shape_record.erl': record('shape_record', 'a = 1') },
      children: '%{id: :x, start: {:shape_record, :start_link, []}}',
    },
    after: { sources: { 'src/shape_record.erl': record('shape_record', 'a = 1, b = 2') } },
    reasons: ['state-shape-changed shape_record'],
  },
  {
    ...restart,
    name: 'shape_dynamic',
    promise: 'a child of a module whose state changes its kind takes a restart',
    before: {
      sources: { 'lib/a.ex': server('ShapeDynamic', '[]') },
      children: 'Supervisor.child_spec(ShapeDynamic, id: :here)',
    },
    after: { sources: { 'lib/a.ex': server('ShapeDynamic', '%{}') } },
    reasons: ['state-shape-changed ShapeDynamic'],
  },
  {
    ...restart,
    name: 'shape_agent',
    promise: 'an Agent that would begin with another kind of state takes a restart',
    before: { sources: { 'lib/a.ex': agent('ShapeAgent', '0') }, children: 'ShapeAgent' },
    after: { sources: { 'lib/a.ex': agent('ShapeAgent', '%{count: 0}') } },
    reasons: ['state-shape-changed *Agent*'],
  },
  {
    ...restart,
    name: 'shape_statem',
    promise: 'a gen_statem whose data changes its kind without code_change takes a restart',
    before: {
      sources: { 'src/shape_statem.erl': statem('shape_statem', '0') },
      children: '%{id: :x, start: {:shape_statem, :start_link, []}}',
    },
    after: { sources: { 'src/shape_statem.erl': statem('shape_statem', '{0, 0}') } },
    reasons: ['state-shape-changed shape_statem'],
  },
  {
    ...restart,
    name: 'other_name',
    promise: 'a process that would be registered under another name takes a restart',
    before: { sources: { 'lib/a.ex': server('OtherName', '0') }, children: 'OtherName' },
    after: { sources: { 'lib/a.ex': server('OtherName', '0', '', 'OtherName.Server') } },
    reasons: ['rehearsal-failed *OtherName.Server*'],
  },
  {
    ...restart,
    name: 'other_table',
    promise: 'a process that would make a named table when it starts takes a restart',
    before: { sources: { 'lib/a.ex': server('OtherTable', '0') }, children: 'OtherTable' },
    after: { sources: { 'lib/a.ex': server('OtherTable', '(:ets.new(:other_table, [:named_table]); 0)') } },
    reasons: ['rehearsal-failed *other_table*'],
  },
  {
    ...restart,
    name: 'other_term',
    promise: 'a process that would put a persistent term when it starts takes a restart',
    before: { sources: { 'lib/a.ex': server('OtherTerm', '0') }, children: 'OtherTerm' },
    after: { sources: { 'lib/a.ex': server('OtherTerm', '(:persistent_term.put(:other_term, 1); 0)') } },
    reasons: ['rehearsal-failed *other_term*', 'start-effects-missing persistent terms'],
  },
];

function server(name: string, state: string, more = '', registered = '__MODULE__'): string {
  return `defmodule ${name} do
  use GenServer
  ${more}
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: ${registered})
  @impl true
  def init(_), do: {:ok, ${state}}
  @impl true
  def handle_call(:get, _from, state), do: {:reply, state, state}
end
`;
}

function agent(name: string, state: string): string {
  return `defmodule ${name} do
  use Agent
  def start_link(_), do: Agent.start_link(fn -> ${state} end, name: __MODULE__)
end
`;
}

function record(name: string, fields: string): string {
  return `-module(${name}).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).
-record(state, {${fields}}).
start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).
init([]) -> {ok, #state{}}.
handle_call(get, _, S) -> {reply, S#state.a, S}.
handle_cast(_, S) -> {noreply, S}.
`;
}

function statem(name: string, data: string): string {
  return `-module(${name}).
-behaviour(gen_statem).
-export([start_link/0, init/1, callback_mode/0, handle_event/4]).
start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).
callback_mode() -> handle_event_function.
init([]) -> {ok, idle, ${data}}.
handle_event({call, From}, get, _, Data) -> {keep_state_and_data, [{reply, From, Data}]}.
`;
}
