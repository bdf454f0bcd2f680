import type { Row } from '../row.js';
import { app, child, door, events, handler, server, spec, special } from './erlang-sources.js';

const held = 'held while the code is exchanged, 1 process';
const migrated = 'state migrated by code_change/3, 1 process';
const supervised = 'child specifications exchanged, children go on, 1 process';

/** Processes as Erlang writes them. */
export const erlangProcesses: readonly Row[] = [
  {
    name: 'eserver_record',
    promise: "a gen_server's record gains a field in code_change, and loses it again",
    decision: 'hot',
    before: {
      sources: {
        ...app('eserver_record', spec('eserver_record')),
        'src/eserver_record.erl': server('eserver_record', '#state{n = N}', 'N', '-record(state, {n = 0}).', ''),
      },
      start: ':eserver_record_app',
    },
    after: {
      sources: {
        'src/eserver_record.erl': server(
          'eserver_record',
          '#state{n = N, unit = U}',
          '{N, U}',
          '-record(state, {n = 0, unit = piece}).\n-export([code_change/3]).',
          'code_change({down, _}, {state, N, _}, _) -> {ok, {state, N}};\ncode_change(_, {state, N}, _) -> {ok, #state{n = N, unit = gram}}.',
        ),
      },
    },
    does: ':eserver_record.add(42)',
    says: [`eserver_record: ${migrated}`],
    there: [[':eserver_record.get()', '{42, :gram}']],
    back: [[':eserver_record.get()', '42']],
  },
  {
    name: 'eserver_without',
    promise: 'a gen_server without code_change is held, and keeps its state',
    decision: 'hot',
    before: {
      sources: {
        ...app('eserver_without', spec('eserver_without')),
        'src/eserver_without.erl': server('eserver_without', 'N', 'N', '', ''),
      },
      start: ':eserver_without_app',
    },
    after: { sources: { 'src/eserver_without.erl': server('eserver_without', 'N', '{new, N}', '', '') } },
    does: ':eserver_without.add(42)',
    says: [`eserver_without: ${held}`],
    there: [[':eserver_without.get()', '{:new, 42}']],
    back: [[':eserver_without.get()', '42']],
  },
  {
    name: 'large_state',
    promise: 'a process with a large state is migrated element by element in time',
    decision: 'hot',
    before: {
      sources: {
        ...app('large_state', spec('large_state')),
        'src/large_state.erl': server(
          'large_state',
          'N',
          'fold(N)',
          '-export([fold/1]).',
          'fold(N) when is_map(N) -> lists:sum(maps:values(N));\nfold(N) -> N.',
        ),
      },
      start: ':large_state_app',
    },
    after: {
      sources: {
        'src/large_state.erl': server(
          'large_state',
          'N',
          'fold(N)',
          '-export([fold/1, code_change/3]).',
          'fold(N) when is_map(N) -> lists:sum([V || {_, V} <- maps:values(N)]);\nfold(N) -> N.\ncode_change({down, _}, N, _) when is_map(N) -> {ok, maps:map(fun(_, {new, V}) -> V end, N)};\ncode_change(_, N, _) when is_map(N) -> {ok, maps:map(fun(_, V) -> {new, V} end, N)};\ncode_change(_, N, _) -> {ok, N}.',
        ),
      },
    },
    does: ':sys.replace_state(:large_state, fn _ -> Map.new(1..200_000, &{&1, &1}) end); :ok',
    says: [`large_state: ${migrated}`],
    there: [[':large_state.get()', '20000100000']],
    back: [[':large_state.get()', '20000100000']],
  },
  {
    name: 'statem_functions',
    promise: 'a gen_statem stays in its state, its data migrated, and its state time-out goes on in new code',
    decision: 'hot',
    before: {
      sources: {
        ...app('statem_functions', spec('statem_functions')),
        'src/statem_functions.erl': door('statem_functions', 'N', 'N', ''),
      },
      start: ':statem_functions_app',
    },
    after: {
      sources: {
        'src/statem_functions.erl': door(
          'statem_functions',
          '{N}',
          '{new, N}',
          'code_change({down, _}, State, {N}, _) -> {ok, State, N};\ncode_change(_, State, N, _) -> {ok, State, {N}}.',
        ),
      },
    },
    does: ':statem_functions.open()',
    says: ['statem_functions: state migrated by code_change/4, 1 process'],
    there: [
      [
        '{:open, {:new, one}} = :statem_functions.get(); Process.sleep(100); {:open, {:new, two}} = :statem_functions.get(); two > one',
        'true',
      ],
    ],
    back: [
      [
        '{:open, one} = :statem_functions.get(); Process.sleep(100); {:open, two} = :statem_functions.get(); two > one',
        'true',
      ],
    ],
  },
  {
    name: 'statem_events',
    promise: 'a gen_statem with one event function and no code_change is held, and stays in its state',
    decision: 'hot',
    before: {
      sources: {
        ...app('statem_events', spec('statem_events')),
        'src/statem_events.erl': events('statem_events', 'old'),
      },
      start: ':statem_events_app',
    },
    after: { sources: { 'src/statem_events.erl': events('statem_events', 'new') } },
    does: ':gen_statem.call(:statem_events, {:go, :somewhere})',
    says: [`statem_events: ${held}`],
    there: [[':gen_statem.call(:statem_events, :get)', '{:new, :somewhere, 1}']],
    back: [[':gen_statem.call(:statem_events, :get)', '{:old, :somewhere, 1}']],
  },
  {
    name: 'event_handler',
    promise: "an event manager's handler is migrated by its code_change, and the manager goes on",
    decision: 'hot',
    before: {
      sources: {
        ...app(
          'event_handler',
          '#{id => manager, start => {gen_event, start_link, [{local, event_handler_bus}]}, modules => dynamic}',
        ),
        'src/event_handler.erl': handler('event_handler', 'N', 'N', ''),
      },
      start: ':event_handler_app',
    },
    after: {
      sources: {
        'src/event_handler.erl': handler(
          'event_handler',
          '{N}',
          '{new, N}',
          'code_change({down, _}, {N}, _) -> {ok, N};\ncode_change(_, N, _) -> {ok, {N}}.',
        ),
      },
    },
    does: ':gen_event.add_handler(:event_handler_bus, :event_handler, []); :gen_event.sync_notify(:event_handler_bus, :tick)',
    says: [`event_handler: ${migrated}`],
    there: [[':gen_event.call(:event_handler_bus, :event_handler, :get)', '{:new, 1}']],
    back: [[':gen_event.call(:event_handler_bus, :event_handler, :get)', '1']],
  },
  {
    name: 'simple_children',
    promise:
      'children of a simple_one_for_one supervisor are migrated, and later ones start as the new specification says',
    decision: 'hot',
    before: {
      sources: {
        ...app(
          'simple_children',
          '#{id => child, start => {simple_children, start_link, [old]}}',
          '#{strategy => simple_one_for_one}',
        ),
        'src/simple_children.erl': child('simple_children', 'N', ''),
      },
      start: ':simple_children_app',
    },
    after: {
      sources: {
        ...app(
          'simple_children',
          '#{id => child, start => {simple_children, start_link, [new]}}',
          '#{strategy => simple_one_for_one}',
        ),
        'src/simple_children.erl': child(
          'simple_children',
          '{v2, N}',
          'code_change({down, _}, {v2, N}, _) -> {ok, N};\ncode_change(_, N, _) -> {ok, {v2, N}}.',
        ),
      },
    },
    does: 'for _ <- 1..5, do: {:ok, _} = :supervisor.start_child(:simple_children_sup, [])',
    says: ['simple_children: state migrated by code_change/3, 5 processes', `simple_children_sup: ${supervised}`],
    there: [
      [
        'for {_, p, _, _} <- :supervisor.which_children(:simple_children_sup), uniq: true, do: :sys.get_state(p)',
        '[v2: :old]',
      ],
      [
        '{:ok, p} = :supervisor.start_child(:simple_children_sup, []); {:sys.get_state(p), :supervisor.terminate_child(:simple_children_sup, p)}',
        '{{:v2, :new}, :ok}',
      ],
    ],
    back: [
      [
        'for {_, p, _, _} <- :supervisor.which_children(:simple_children_sup), do: :sys.get_state(p)',
        '[:old, :old, :old, :old, :old]',
      ],
      ['{:ok, p} = :supervisor.start_child(:simple_children_sup, []); :sys.get_state(p)', ':old'],
      [
        'for {_, p, _, _} <- :supervisor.which_children(:simple_children_sup), do: :supervisor.terminate_child(:simple_children_sup, p)',
        '[:ok, :ok, :ok, :ok, :ok, :ok]',
      ],
    ],
  },
  {
    name: 'proc_lib_loop',
    promise:
      'a process of its own making, which answers system messages and calls itself by its full name, goes on in new code',
    decision: 'hot',
    before: {
      sources: {
        ...app('proc_lib_loop', spec('proc_lib_loop')),
        'src/proc_lib_loop.erl': special('proc_lib_loop', 'old'),
      },
      start: ':proc_lib_loop_app',
    },
    after: { sources: { 'src/proc_lib_loop.erl': special('proc_lib_loop', 'new') } },
    does: ':proc_lib_loop.add(42)',
    says: ['proc_lib_loop: loaded'],
    there: [[':proc_lib_loop.add(0); :proc_lib_loop.get()', '{:new, 42}']],
    back: [[':proc_lib_loop.add(0); :proc_lib_loop.get()', '{:old, 42}']],
  },
];
