import type { Row } from '../row.js';
import { agent, loop, plainServer, registered, server, sleeper, stage, waiting } from './elixir-sources.js';

const migrated = 'state migrated by code_change/3, 1 process';

/** Processes as Elixir writes them. Each holds a number, and says it in its version's own words. */
export const elixirProcesses: readonly Row[] = [
  {
    name: 'genserver_migrates',
    promise: 'a GenServer is migrated by its code_change, and back by that of the new version',
    decision: 'hot',
    before: {
      sources: { 'lib/c.ex': server('GenserverMigrates', 'number', 'number', '') },
      children: 'GenserverMigrates',
    },
    after: {
      sources: {
        'lib/c.ex': server(
          'GenserverMigrates',
          '%{number: number, version: 2}',
          '{:new, number}',
          `@vsn 2
  @impl true
  def code_change({:down, _}, %{number: number}, _), do: {:ok, number}
  def code_change(_, number, _), do: {:ok, %{number: number, version: 2}}`,
        ),
      },
    },
    does: 'GenserverMigrates.add(42)',
    says: [`GenserverMigrates: ${migrated}`],
    there: [
      ['GenserverMigrates.get()', '{:new, 42}'],
      ['GenserverMigrates.add(1)', ':ok'],
    ],
    back: [['GenserverMigrates.get()', '43']],
  },
  {
    name: 'genserver_keeps',
    promise: 'a GenServer without a code_change of its own keeps its state under new code',
    decision: 'hot',
    before: { sources: { 'lib/c.ex': server('GenserverKeeps', 'number', 'number', '') }, children: 'GenserverKeeps' },
    after: { sources: { 'lib/c.ex': server('GenserverKeeps', 'number', '{:new, number}', '') } },
    does: 'GenserverKeeps.add(42)',
    says: [`GenserverKeeps: ${migrated}`],
    there: [['GenserverKeeps.get()', '{:new, 42}']],
    back: [['GenserverKeeps.get()', '42']],
  },
  {
    name: 'struct_state',
    promise: 'a struct held as state gains a field by code_change, and loses it again',
    decision: 'hot',
    before: {
      sources: {
        'lib/c.ex': server(
          'StructState',
          '%{__struct__: StructState, number: number}',
          'number',
          'defstruct number: 0',
        ),
      },
      children: 'StructState',
    },
    after: {
      sources: {
        'lib/c.ex': server(
          'StructState',
          '%{__struct__: StructState, number: number, unit: unit}',
          '{number, unit}',
          `defstruct number: 0, unit: :piece
  @impl true
  def code_change({:down, _}, state, _), do: {:ok, Map.delete(state, :unit)}
  def code_change(_, state, _), do: {:ok, Map.put(state, :unit, :gram)}`,
          'unit = :piece',
        ),
      },
    },
    does: 'StructState.add(42)',
    says: [`StructState: ${migrated}`],
    there: [['StructState.get()', '{42, :gram}']],
    back: [['StructState.get()', '42']],
  },
  {
    name: 'agent_keeps',
    promise: 'an Agent keeps its state and is asked by new functions',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': agent('AgentKeeps', '& &1') }, children: 'AgentKeeps' },
    after: { sources: { 'lib/a.ex': agent('AgentKeeps', '&{:new, &1}') } },
    does: 'AgentKeeps.add(42)',
    says: ['AgentKeeps: loaded'],
    there: [['AgentKeeps.get()', '{:new, 42}']],
    back: [['AgentKeeps.get()', '42']],
  },
  {
    name: 'task_loops',
    promise: 'a Task that calls itself by its full name goes on in new code, with its count',
    decision: 'hot',
    before: { sources: { 'lib/t.ex': loop('TaskLoops', ':old') }, children: '{Task, &TaskLoops.start/0}' },
    after: { sources: { 'lib/t.ex': loop('TaskLoops', ':new') } },
    does: 'Process.sleep(50)',
    says: ['TaskLoops: loaded'],
    there: [['{version, count} = TaskLoops.ask(); {version, count > 3}', '{:new, true}']],
    back: [['{version, count} = TaskLoops.ask(); {version, count > 3}', '{:old, true}']],
  },
  {
    name: 'task_supervised',
    promise: 'tasks under a Task.Supervisor go on in new code',
    decision: 'hot',
    before: {
      sources: { 'lib/t.ex': loop('TaskSupervised', ':old') },
      children: '{Task.Supervisor, name: TaskSupervised.Tasks}',
    },
    after: { sources: { 'lib/t.ex': loop('TaskSupervised', ':new') } },
    does: 'Task.Supervisor.start_child(TaskSupervised.Tasks, TaskSupervised, :start, []); Process.sleep(50)',
    says: ['TaskSupervised: loaded'],
    there: [['elem(TaskSupervised.ask(), 0)', ':new']],
    back: [['elem(TaskSupervised.ask(), 0)', ':old']],
  },
  {
    name: 'dynamic_children',
    promise: 'children of a DynamicSupervisor are migrated, each with its own state',
    decision: 'hot',
    before: {
      sources: { 'lib/d.ex': registered('DynamicChildren', 'number', '') },
      children:
        '{Registry, keys: :unique, name: DynamicChildren.Names}, {DynamicSupervisor, name: DynamicChildren.Pool}',
    },
    after: {
      sources: {
        'lib/d.ex': registered(
          'DynamicChildren',
          '{:new, number}',
          `def code_change({:down, _}, {:new, number}, _), do: {:ok, number}
  def code_change(_, number, _), do: {:ok, {:new, number}}`,
        ),
      },
    },
    does: 'for n <- 1..3, do: {:ok, _} = DynamicSupervisor.start_child(DynamicChildren.Pool, {DynamicChildren, n})',
    says: ['DynamicChildren: state migrated by code_change/3, 3 processes'],
    there: [['for n <- 1..3, do: DynamicChildren.get(n)', '[new: 1, new: 2, new: 3]']],
    back: [
      ['for n <- 1..3, do: DynamicChildren.get(n)', '[1, 2, 3]'],
      ['Registry.count(DynamicChildren.Names)', '3'],
    ],
  },
  {
    name: 'partitioned',
    promise: 'children of a PartitionSupervisor are migrated, too',
    decision: 'hot',
    before: {
      sources: { 'lib/d.ex': plainServer('Partitioned', 'number', '') },
      children: '{PartitionSupervisor, child_spec: {Partitioned, 7}, name: Partitioned.Parts, partitions: 2}',
    },
    after: {
      sources: {
        'lib/d.ex': plainServer(
          'Partitioned',
          '{:new, number}',
          `def code_change({:down, _}, {:new, number}, _), do: {:ok, number}
  def code_change(_, number, _), do: {:ok, {:new, number}}`,
        ),
      },
    },
    says: ['Partitioned: state migrated by code_change/3, 2 processes'],
    there: [
      [
        'for n <- 0..1, do: GenServer.call({:via, PartitionSupervisor, {Partitioned.Parts, n}}, :get)',
        '[new: 7, new: 7]',
      ],
    ],
    back: [['for n <- 0..1, do: GenServer.call({:via, PartitionSupervisor, {Partitioned.Parts, n}}, :get)', '[7, 7]']],
  },
  {
    name: 'hibernating',
    promise: 'a hibernating process is woken, migrated and goes on',
    decision: 'hot',
    before: { sources: { 'lib/h.ex': sleeper('Hibernating', 'number', '') }, children: 'Hibernating' },
    after: {
      sources: {
        'lib/h.ex': sleeper(
          'Hibernating',
          '{:new, number}',
          `def code_change({:down, _}, {:new, number}, _), do: {:ok, number}
  def code_change(_, number, _), do: {:ok, {:new, number}}`,
        ),
      },
    },
    does: 'Hibernating.get()',
    says: [`Hibernating: ${migrated}`],
    there: [['Hibernating.get()', '{:new, 9}']],
    back: [['Hibernating.get()', '9']],
  },
  {
    name: 'pending_call',
    promise: 'a caller who was waiting before the upgrade is answered after it',
    decision: 'hot',
    before: {
      sources: { 'lib/p.ex': waiting('PendingCall', ':old') },
      children: 'PendingCall, {Task.Supervisor, name: PendingCall.Tasks}',
    },
    after: { sources: { 'lib/p.ex': waiting('PendingCall', ':new') } },
    does: `Task.Supervisor.start_child(PendingCall.Tasks, fn -> :persistent_term.put(PendingCall, GenServer.call(PendingCall, :wait, :infinity)) end)
      Process.sleep(20)`,
    says: [`PendingCall: ${migrated}`],
    there: [
      [
        `[task] = Task.Supervisor.children(PendingCall.Tasks)
        ending = Process.monitor(task)
        GenServer.cast(PendingCall, :answer)
        receive do {:DOWN, ^ending, _, _, reason} -> reason end`,
        ':normal',
      ],
      [':persistent_term.get(PendingCall)', ':new'],
    ],
    back: [[':sys.get_state(PendingCall)', ':nobody']],
    ends: ['undefined'],
  },
  {
    name: 'stage_like',
    promise: 'behaviours of their own, built on GenServer, and their implementers are migrated together',
    decision: 'hot',
    before: {
      sources: {
        'lib/s.ex': stage(':old'),
        'lib/i.ex': 'defmodule StageLike.Double do\n  use StageLike\n  @impl true\n  def handle(n), do: n * 2\nend',
      },
      children: 'StageLike.Double',
    },
    after: {
      sources: {
        'lib/s.ex': stage(':new'),
        'lib/i.ex': 'defmodule StageLike.Double do\n  use StageLike\n  @impl true\n  def handle(n), do: n * 20\nend',
      },
    },
    does: 'StageLike.push(StageLike.Double, 4)',
    says: ['StageLike: loaded', `StageLike.Double: ${migrated}`],
    there: [['StageLike.push(StageLike.Double, 1)', '{:new, 28}']],
    back: [['StageLike.push(StageLike.Double, 1)', '{:old, 30}']],
  },
];
