import type { Row } from '../row.js';
import { box, get, ids, put, shelf } from './boxes.js';

const supervised = 'child specifications exchanged, children go on, 1 process';

/** Supervisors with a callback module, which take their new specifications from it. */
export const shelves: readonly Row[] = [
  {
    name: 'shelf_inserts',
    promise: 'a child that comes first is put in its place by a supervisor with a callback module',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': box('ShelfInserts.A'), 'lib/s.ex': shelf('ShelfInserts.Shelf', 'ShelfInserts.A') },
      children: 'ShelfInserts.Shelf',
    },
    after: {
      sources: {
        'lib/b.ex': box('ShelfInserts.B'),
        'lib/s.ex': shelf('ShelfInserts.Shelf', 'ShelfInserts.B, ShelfInserts.A'),
      },
    },
    does: put('ShelfInserts.A', '7'),
    says: [
      'ShelfInserts.B: new, loaded',
      `ShelfInserts.Shelf: ${supervised}`,
      'ShelfInserts.Shelf: child ShelfInserts.B is started',
    ],
    up: ['{apply,{hot_deploy_step,children,[shelf_inserts,'],
    there: [
      [ids('ShelfInserts.Shelf'), '[{ShelfInserts.A, true}, {ShelfInserts.B, true}]'],
      [get('ShelfInserts.A'), '7'],
    ],
    back: [
      [ids('ShelfInserts.Shelf'), '[{ShelfInserts.A, true}]'],
      [get('ShelfInserts.A'), '7'],
    ],
  },
  {
    name: 'shelf_loses',
    promise:
      'a child that leaves a supervisor with a callback module is ended, and started in its place on the way down',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': box('ShelfLoses.A'),
        'lib/b.ex': box('ShelfLoses.B'),
        'lib/s.ex': shelf('ShelfLoses.Shelf', 'ShelfLoses.B, ShelfLoses.A'),
      },
      children: 'ShelfLoses.Shelf',
    },
    after: { sources: { 'lib/s.ex': shelf('ShelfLoses.Shelf', 'ShelfLoses.A') } },
    does: put('ShelfLoses.A', '7'),
    says: [`ShelfLoses.Shelf: ${supervised}`, 'ShelfLoses.Shelf: child ShelfLoses.B is ended'],
    there: [[ids('ShelfLoses.Shelf'), '[{ShelfLoses.A, true}]']],
    back: [
      [ids('ShelfLoses.Shelf'), '[{ShelfLoses.A, true}, {ShelfLoses.B, true}]'],
      [get('ShelfLoses.A'), '7'],
    ],
    ends: ["'Elixir.ShelfLoses.B'"],
  },
  {
    name: 'shelf_renames',
    promise: 'a child under another id takes the place of the old one',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': box('ShelfRenames.A'),
        'lib/s.ex': shelf('ShelfRenames.Shelf', 'Supervisor.child_spec(ShelfRenames.A, id: :one)'),
      },
      children: 'ShelfRenames.Shelf',
    },
    after: { sources: { 'lib/s.ex': shelf('ShelfRenames.Shelf', 'Supervisor.child_spec(ShelfRenames.A, id: :two)') } },
    says: [
      `ShelfRenames.Shelf: ${supervised}`,
      'ShelfRenames.Shelf: child one is ended',
      'ShelfRenames.Shelf: child two is started',
    ],
    there: [[ids('ShelfRenames.Shelf'), '[two: true]']],
    back: [[ids('ShelfRenames.Shelf'), '[one: true]']],
    ends: ['one'],
  },
  {
    name: 'shelf_settings',
    promise: 'strategy and restart intensity of a supervisor with a callback module change under way',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': box('ShelfSettings.A'), 'lib/s.ex': shelf('ShelfSettings.Shelf', 'ShelfSettings.A') },
      children: 'ShelfSettings.Shelf',
    },
    after: {
      sources: {
        'lib/s.ex': shelf(
          'ShelfSettings.Shelf',
          'ShelfSettings.A',
          'strategy: :rest_for_one, max_restarts: 9, max_seconds: 11',
        ),
      },
    },
    does: put('ShelfSettings.A', '7'),
    says: [`ShelfSettings.Shelf: ${supervised}`],
    there: [
      [
        'state = :sys.get_state(ShelfSettings.Shelf); {elem(state, 2), elem(state, 5), elem(state, 6)}',
        '{:rest_for_one, 9, 11}',
      ],
      [get('ShelfSettings.A'), '7'],
    ],
    back: [
      [
        'state = :sys.get_state(ShelfSettings.Shelf); {elem(state, 2), elem(state, 5), elem(state, 6)}',
        '{:one_for_one, 3, 5}',
      ],
    ],
  },
  {
    name: 'shelf_respecified',
    promise:
      'how a child is restarted and shut down changes under a supervisor with a callback module, and the child goes on',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': box('ShelfRespecified.A'),
        'lib/s.ex': shelf('ShelfRespecified.Shelf', 'ShelfRespecified.A'),
      },
      children: 'ShelfRespecified.Shelf',
    },
    after: {
      sources: {
        'lib/s.ex': shelf(
          'ShelfRespecified.Shelf',
          'Supervisor.child_spec(ShelfRespecified.A, restart: :transient, shutdown: 77)',
        ),
      },
    },
    does: put('ShelfRespecified.A', '7'),
    says: [`ShelfRespecified.Shelf: ${supervised}`],
    there: [
      [
        '{:ok, spec} = :supervisor.get_childspec(ShelfRespecified.Shelf, ShelfRespecified.A); {spec.restart, spec.shutdown}',
        '{:transient, 77}',
      ],
      [get('ShelfRespecified.A'), '7'],
    ],
    back: [
      [
        '{:ok, spec} = :supervisor.get_childspec(ShelfRespecified.Shelf, ShelfRespecified.A); {spec.restart, spec.shutdown}',
        '{:permanent, 5000}',
      ],
    ],
  },
  {
    name: 'shelf_reorders',
    promise: 'children change places under a supervisor with a callback module, and go on',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': box('ShelfReorders.A'),
        'lib/b.ex': box('ShelfReorders.B'),
        'lib/s.ex': shelf('ShelfReorders.Shelf', 'ShelfReorders.A, ShelfReorders.B'),
      },
      children: 'ShelfReorders.Shelf',
    },
    after: { sources: { 'lib/s.ex': shelf('ShelfReorders.Shelf', 'ShelfReorders.B, ShelfReorders.A') } },
    does: put('ShelfReorders.A', '7'),
    says: [`ShelfReorders.Shelf: ${supervised}`],
    there: [
      [ids('ShelfReorders.Shelf'), '[{ShelfReorders.A, true}, {ShelfReorders.B, true}]'],
      [get('ShelfReorders.A'), '7'],
    ],
    back: [[ids('ShelfReorders.Shelf'), '[{ShelfReorders.B, true}, {ShelfReorders.A, true}]']],
  },
  {
    name: 'pool_limits',
    promise: 'a DynamicSupervisor with a callback module takes its new limit, and its children go on',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': box('PoolLimits.A', '7'), 'lib/p.ex': pool('PoolLimits.Pool', '1') },
      children: 'PoolLimits.Pool',
    },
    after: { sources: { 'lib/p.ex': pool('PoolLimits.Pool', '5') } },
    does: '{:ok, _} = DynamicSupervisor.start_child(PoolLimits.Pool, PoolLimits.A)',
    says: [`PoolLimits.Pool: ${supervised}`],
    there: [
      [':sys.get_state(PoolLimits.Pool).max_children', '5'],
      [get('PoolLimits.A'), '7'],
    ],
    back: [[':sys.get_state(PoolLimits.Pool).max_children', '1']],
  },
  {
    name: 'nested_child',
    promise: 'a child comes under a named supervisor that is nested in an unchanged one',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': box('NestedChild.A'),
        'lib/s.ex': shelf('NestedChild.Inner', 'NestedChild.A'),
        'lib/o.ex': shelf('NestedChild.Outer', 'NestedChild.Inner'),
      },
      children: 'NestedChild.Outer',
    },
    after: {
      sources: {
        'lib/b.ex': box('NestedChild.B'),
        'lib/s.ex': shelf('NestedChild.Inner', 'NestedChild.A, NestedChild.B'),
      },
    },
    says: [
      'NestedChild.B: new, loaded',
      `NestedChild.Inner: ${supervised}`,
      'NestedChild.Inner: child NestedChild.B is started',
    ],
    there: [[ids('NestedChild.Inner'), '[{NestedChild.B, true}, {NestedChild.A, true}]']],
    back: [[ids('NestedChild.Inner'), '[{NestedChild.A, true}]']],
  },
];

function pool(name: string, most: string): string {
  return `defmodule ${name} do
  use DynamicSupervisor
  def start_link(arg), do: DynamicSupervisor.start_link(__MODULE__, arg, name: __MODULE__)
  @impl true
  def init(_), do: DynamicSupervisor.init(strategy: :one_for_one, max_children: ${most})
end
`;
}
