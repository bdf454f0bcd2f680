import type { Row } from '../row.js';

const box = (name: string, arg = '_') => `defmodule ${name} do
  use Agent
  def start_link(${arg}), do: Agent.start_link(fn -> 0 end, name: __MODULE__)
end
`;
const restart = { decision: 'restart', by: 'code' } as const;

/** What the supervision tree of a cold boot tells, and how applications are started. */
export const closedByTree: readonly Row[] = [
  {
    ...restart,
    name: 'other_argument',
    promise: 'a child that would be started with another argument takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': box('OtherArgument.A') }, children: '{OtherArgument.A, 1}' },
    after: { children: '{OtherArgument.A, 2}' },
    reasons: ['supervision-changed other_argument/OtherArgument.A'],
  },
  {
    ...restart,
    name: 'list_nested',
    promise: 'a child that comes under a list which is the argument of another child takes a restart',
    possible: true,
    before: { sources: { 'lib/a.ex': box('ListNested.A') }, children: nested('ListNested.A') },
    after: { sources: { 'lib/b.ex': box('ListNested.B') }, children: nested('ListNested.B, ListNested.A') },
    reasons: ['supervision-changed list_nested/inner'],
  },
  {
    ...restart,
    name: 'agent_to_server',
    promise: 'an Agent that becomes a GenServer takes a restart',
    possible: false,
    before: { sources: { 'lib/a.ex': box('AgentToServer') }, children: 'AgentToServer' },
    after: { sources: { 'lib/a.ex': server('AgentToServer') } },
    reasons: ['supervision-changed agent_to_server/AgentToServer'],
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

function nested(children: string): string {
  return `%{id: :inner, type: :supervisor, start: {Supervisor, :start_link, [[${children}], [strategy: :one_for_one]]}}`;
}

function server(name: string): string {
  return `defmodule ${name} do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  @impl true
  def init(state), do: {:ok, state}
end
`;
}
