import type { Row } from '../row.js';

const box = (name: string, arg = '_') => `defmodule ${name} do
  use Agent
  def start_link(${arg}), do: Agent.start_link(fn -> 0 end, name: __MODULE__)
end
`;
const restart = { decision: 'restart', by: 'code' } as const;

/** What code and processes tell. */
export const closedByCode: readonly Row[] = [
  {
    ...restart,
    name: 'native_changed',
    promise: 'a module with a native library that changes takes a restart',
    possible: false,
    before: { sources: { 'src/native_changed.erl': native('native_changed', 1) } },
    after: { sources: { 'src/native_changed.erl': native('native_changed', 2) } },
    reasons: ['nif-changed native_changed'],
  },
  {
    ...restart,
    name: 'on_load_changed',
    promise: 'a module with on_load that changes takes a restart',
    possible: false,
    before: { sources: { 'src/on_load_changed.erl': onLoad('on_load_changed', 1) } },
    after: { sources: { 'src/on_load_changed.erl': onLoad('on_load_changed', 2) } },
    reasons: ['on-load-changed on_load_changed'],
  },
  {
    ...restart,
    name: 'on_load_added',
    promise: 'a new module with on_load takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': 'defmodule OnLoadAdded do\nend' } },
    after: { sources: { 'src/on_load_new.erl': onLoad('on_load_new', 1) } },
    reasons: ['on-load-changed on_load_new'],
  },
  {
    ...restart,
    name: 'moves_from',
    promise: 'a module that moves to another application takes a restart',
    possible: true,
    before: {
      sources: { 'lib/a.ex': 'defmodule MovesFrom do\nend', 'lib/m.ex': 'defmodule Moves do\n  def who, do: 1\nend' },
    },
    after: { sources: { 'lib/m.ex': undefined } },
    siblings: {
      moves_to: {
        before: { sources: { 'lib/b.ex': 'defmodule MovesTo do\nend' } },
        after: { sources: { 'lib/m.ex': 'defmodule Moves do\n  def who, do: 1\nend' } },
      },
    },
    reasons: ['module-moved Moves'],
  },
  {
    ...restart,
    name: 'patched_by_hand',
    promise: 'a module that was loaded by hand, and is not what lies on the disk, takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': 'defmodule PatchedByHand do\n  def who, do: 1\nend' } },
    after: { sources: { 'lib/a.ex': 'defmodule PatchedByHand do\n  def who, do: 2\nend' } },
    does: 'Code.compile_string("defmodule PatchedByHand do\\n  def who, do: 3\\nend")',
    reasons: ['baseline-mismatch patched_by_hand'],
  },
  {
    ...restart,
    name: 'in_old_code',
    promise: 'a process that is still in the code before the one that runs takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': waits('InOldCode', 1) } },
    after: { sources: { 'lib/a.ex': waits('InOldCode', 2) } },
    does: `spawn(InOldCode, :wait, [])
      Process.sleep(20)
      {:ok, beam} = :file.read_file(:code.which(InOldCode))
      {:module, _} = :code.load_binary(InOldCode, :code.which(InOldCode), beam)`,
    reasons: ['processes-would-die *InOldCode*'],
  },
  {
    ...restart,
    name: 'busy',
    promise: 'a process that is busy when it should be held takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': server('Busy', 1) }, children: 'Busy' },
    after: { sources: { 'lib/a.ex': server('Busy', 2) } },
    does: 'GenServer.cast(Busy, :sleep)',
    reasons: ['process-not-answering *Busy*'],
  },
  {
    ...restart,
    name: 'unsupervised',
    promise: 'a process of a changed module that nobody supervises takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': server('Unsupervised', 1) } },
    after: { sources: { 'lib/a.ex': server('Unsupervised', 2) } },
    does: '{:ok, _} = GenServer.start(Unsupervised, [], name: Unsupervised)',
    reasons: ['special-process-changed *Unsupervised*'],
  },
  {
    ...restart,
    name: 'other_modules',
    promise: 'a process whose child specification names another module takes a restart',
    possible: false,
    before: {
      sources: { 'lib/a.ex': server('OtherModules', 1) },
      children: '%{id: :x, start: {OtherModules, :start_link, [[]]}, modules: [:somebody]}',
    },
    after: { sources: { 'lib/a.ex': server('OtherModules', 2) } },
    reasons: ['special-process-changed *OtherModules*'],
  },
  {
    ...restart,
    name: 'inserted_first',
    promise: 'a child that does not come last under a supervisor without a module takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': box('InsertedFirst.A') }, children: 'InsertedFirst.A' },
    after: { sources: { 'lib/b.ex': box('InsertedFirst.B') }, children: 'InsertedFirst.B, InsertedFirst.A' },
    reasons: ["supervision-changed inserted_first/'Elixir.InsertedFirst.B'"],
  },
  {
    ...restart,
    name: 'reordered',
    promise: 'children that change places under a supervisor without a module take a restart',
    possible: false,
    before: {
      sources: { 'lib/a.ex': box('Reordered.A'), 'lib/b.ex': box('Reordered.B') },
      children: 'Reordered.A, Reordered.B',
    },
    after: { children: 'Reordered.B, Reordered.A' },
    reasons: ['supervision-changed reordered'],
  },
  {
    ...restart,
    name: 'other_strategy',
    promise: 'another strategy of a supervisor without a module takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': box('OtherStrategy.A') }, children: 'OtherStrategy.A' },
    after: { strategy: 'strategy: :one_for_all' },
    reasons: ['supervision-changed other_strategy'],
  },
  {
    ...restart,
    name: 'other_argument',
    promise: 'a child that would be started with another argument takes a restart',
    possible: true,
    before: { sources: { 'lib/a.ex': box('OtherArgument.A') }, children: '{OtherArgument.A, 1}' },
    after: { children: '{OtherArgument.A, 2}' },
    reasons: ["supervision-changed other_argument/'Elixir.OtherArgument.A'"],
  },
  {
    ...restart,
    name: 'nameless',
    promise: 'a child that comes under a supervisor without a name takes a restart',
    possible: true,
    before: {
      sources: { 'lib/a.ex': box('Nameless.A'), 'lib/s.ex': nameless('Nameless', 'Nameless.A') },
      start: 'Nameless',
    },
    after: { sources: { 'lib/b.ex': box('Nameless.B'), 'lib/s.ex': nameless('Nameless', 'Nameless.A, Nameless.B') } },
    reasons: ["supervision-changed nameless/'Elixir.Nameless.B'"],
  },
  {
    ...restart,
    name: 'other_behaviour',
    promise: 'a gen_server that becomes a gen_statem takes a restart',
    possible: false,
    before: {
      sources: { 'src/other_behaviour.erl': genServer('other_behaviour') },
      children: '%{id: :x, start: {:other_behaviour, :start_link, []}}',
    },
    after: { sources: { 'src/other_behaviour.erl': genStatem('other_behaviour') } },
    reasons: ['behaviour-changed other_behaviour'],
  },
  {
    ...restart,
    name: 'agent_to_server',
    promise: 'an Agent that becomes a GenServer takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': box('AgentToServer') }, children: 'AgentToServer' },
    after: { sources: { 'lib/a.ex': server('AgentToServer', 2) } },
    reasons: ["supervision-changed agent_to_server/'Elixir.AgentToServer'"],
  },
  {
    ...restart,
    name: 'other_phases',
    promise: 'an application with another start phase takes a restart',
    possible: false,
    before: {
      sources: { 'lib/a.ex': phases('OtherPhases') },
      start: 'OtherPhases',
      specification: 'start_phases: [warm: []]',
    },
    after: { specification: 'start_phases: [warm: [], hot: []]' },
    reasons: ['application-start-changed other_phases'],
  },
  {
    ...restart,
    name: 'other_start',
    promise: 'an application that is started by another module takes a restart',
    possible: false,
    before: {
      sources: { 'lib/a.ex': phases('OtherStart'), 'lib/b.ex': phases('OtherStart.Other') },
      start: 'OtherStart',
    },
    after: { start: 'OtherStart.Other' },
    reasons: ['application-start-changed other_start'],
  },
];

function phases(name: string): string {
  return `defmodule ${name} do
  use Application
  @impl true
  def start(_, _), do: Supervisor.start_link([], strategy: :one_for_one)
  @impl true
  def start_phase(_, _, []), do: :ok
end
`;
}

function native(name: string, version: number): string {
  return `-module(${name}).
-export([start/1, add/2, version/0]).
start(Path) -> erlang:load_nif(Path, 0).
add(_, _) -> erlang:nif_error(not_loaded).
version() -> ${version}.
`;
}

function onLoad(name: string, version: number): string {
  return `-module(${name}).
-export([version/0]).
-on_load(go/0).
go() -> ok.
version() -> ${version}.
`;
}

function waits(name: string, version: number): string {
  return `defmodule ${name} do
  def wait do
    receive do
      :go -> ${version}
    end
  end
end
`;
}

function server(name: string, version: number): string {
  return `defmodule ${name} do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  @impl true
  def init(state), do: {:ok, state}
  @impl true
  def handle_cast(:sleep, state) do
    Process.sleep(:infinity)
    {:noreply, state}
  end
  @impl true
  def handle_call(:get, _from, state), do: {:reply, {${version}, state}, state}
end
`;
}

function nameless(name: string, children: string): string {
  return `defmodule ${name} do
  use Application
  @impl true
  def start(_, _), do: Supervisor.start_link([${children}], strategy: :one_for_one)
end
`;
}

function genServer(name: string): string {
  return `-module(${name}).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).
start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).
init([]) -> {ok, 0}.
handle_call(get, _, N) -> {reply, N, N}.
handle_cast(_, N) -> {noreply, N}.
`;
}

function genStatem(name: string): string {
  return `-module(${name}).
-behaviour(gen_statem).
-export([start_link/0, init/1, callback_mode/0, handle_event/4]).
start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).
callback_mode() -> handle_event_function.
init([]) -> {ok, idle, 0}.
handle_event({call, From}, get, _, N) -> {keep_state_and_data, [{reply, From, N}]}.
`;
}
