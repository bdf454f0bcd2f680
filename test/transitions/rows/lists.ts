import type { HotRow, Row } from '../row.js';
import { box, get, ids, put } from './boxes.js';

type Children = readonly string[];

/** A list of children that becomes another one, under a supervisor without a module; each of them is an Agent. */
function list(
  name: string,
  promise: string,
  [was, is]: readonly [Children, Children],
  more: Partial<Pick<HotRow, 'there' | 'back'>> & { readonly options?: string } = {},
): Row {
  const module = name.replace(/(^|_)./g, (start) => start.replace('_', '').toUpperCase());
  const called = (letter: string) => `${module}.${letter}`;
  const children = (letters: Children) => letters.map(called).join(', ');
  const tree = (letters: Children) =>
    `[${letters
      .toReversed()
      .map((letter) => `{${called(letter)}, true}`)
      .join(', ')}]`;
  const [added, gone] = [is.filter((letter) => !was.includes(letter)), was.filter((letter) => !is.includes(letter))];
  const stays = was.filter((letter) => is.includes(letter));
  const sources = (letters: Children) => letters.map((letter) => [`lib/${letter.toLowerCase()}.ex`, letter] as const);
  const supervisor = `${module}.Supervisor`;
  const moved = stays.join() !== is.filter((letter) => was.includes(letter)).join();
  const { options, ...rest } = more;
  return {
    name,
    promise,
    decision: 'hot',
    before: {
      sources: Object.fromEntries(sources(was).map(([path, letter]) => [path, box(called(letter))])),
      children: children(was),
    },
    after: {
      sources: Object.fromEntries([
        ...sources(added).map(([path, letter]) => [path, box(called(letter))] as const),
        ...sources(gone).map(([path]) => [path, undefined] as const),
      ]),
      children: children(is),
      ...(options !== undefined && { strategy: options }),
    },
    does: stays.map((letter) => put(called(letter), '7')).join('; '),
    says: [
      `${module}.Application: loaded`,
      ...added.map((letter) => `${called(letter)}: new, loaded`),
      ...gone.map((letter) => `${called(letter)}: removed`),
      ...added.map((letter) => `${supervisor}: child ${called(letter)} is started`),
      ...gone.map((letter) => `${supervisor}: child ${called(letter)} is ended`),
      ...(moved ? [`${supervisor}: its children change places`] : []),
      ...(options === undefined ? [] : [`${supervisor}: strategy and restart intensity exchanged`]),
    ],
    there: [[ids(supervisor), tree(is)], ...stays.map((letter) => [get(called(letter)), '7'] as const)],
    back: [[ids(supervisor), tree(was)], ...stays.map((letter) => [get(called(letter)), '7'] as const)],
    ends: gone.map((letter) => `'Elixir.${called(letter)}'`),
    ...rest,
  };
}

const settings = (name: string) =>
  `state = :sys.get_state(${name}.Supervisor); {elem(state, 2), elem(state, 5), elem(state, 6)}`;

/** What people do every day to the list that `mix new` and `mix phx.new` write: all of it while the others run on. */
export const lists: readonly Row[] = [
  list('list_first', 'a child that comes first takes its place', [['A'], ['B', 'A']]),
  list('list_middle', 'a child that comes in the middle takes its place', [
    ['A', 'C'],
    ['A', 'B', 'C'],
  ]),
  list('list_several', 'several children come between others, in their order', [
    ['A', 'D'],
    ['B', 'A', 'C', 'D', 'E'],
  ]),
  list('list_front_goes', 'the first child goes', [['A', 'B'], ['B']]),
  list('list_middle_goes', 'a child in the middle goes', [
    ['A', 'B', 'C'],
    ['A', 'C'],
  ]),
  list('list_replaced', 'one child takes the place of another', [
    ['A', 'B', 'C'],
    ['A', 'D', 'C'],
  ]),
  list('list_reordered', 'children change places', [
    ['A', 'B'],
    ['B', 'A'],
  ]),
  list('list_turned', 'children change places while one comes and one goes', [
    ['A', 'B', 'C'],
    ['C', 'D', 'A'],
  ]),
  list('list_strategy', 'another strategy holds from now on', [['A'], ['A']], {
    options: 'strategy: :rest_for_one',
    there: [[settings('ListStrategy'), '{:rest_for_one, 3, 5}']],
    back: [[settings('ListStrategy'), '{:one_for_one, 3, 5}']],
  }),
  list('list_limits', 'another restart intensity holds from now on', [['A'], ['A']], {
    options: 'strategy: :one_for_one, max_restarts: 7, max_seconds: 11',
    there: [[settings('ListLimits'), '{:one_for_one, 7, 11}']],
    back: [[settings('ListLimits'), '{:one_for_one, 3, 5}']],
  }),
  list(
    'list_all',
    'strategy, order and children change at once',
    [
      ['A', 'B', 'C'],
      ['C', 'D', 'B'],
    ],
    { options: 'strategy: :rest_for_one, max_restarts: 9' },
  ),
  {
    name: 'list_nameless',
    promise: 'a child comes under a supervisor that has no name',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': box('ListNameless.A'), 'lib/s.ex': nameless('ListNameless', 'ListNameless.A') },
      start: 'ListNameless',
    },
    after: {
      sources: {
        'lib/b.ex': box('ListNameless.B'),
        'lib/s.ex': nameless('ListNameless', 'ListNameless.B, ListNameless.A'),
      },
    },
    does: put('ListNameless.A', '7'),
    says: ['ListNameless: loaded', 'ListNameless.B: new, loaded', 'list_nameless: child ListNameless.B is started'],
    there: [
      [get('ListNameless.B'), '0'],
      [get('ListNameless.A'), '7'],
    ],
    back: [['Process.whereis(ListNameless.B)', 'nil']],
  },
  {
    name: 'list_restart_kind',
    promise: 'a child is restarted otherwise from now on, and goes on',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': box('ListRestartKind.A') }, children: 'ListRestartKind.A' },
    after: { children: 'Supervisor.child_spec(ListRestartKind.A, restart: :transient, shutdown: 9_000)' },
    does: put('ListRestartKind.A', '7'),
    says: [
      'ListRestartKind.Application: loaded',
      'ListRestartKind.Supervisor: child ListRestartKind.A is specified differently',
    ],
    there: [
      [specified('ListRestartKind'), '{:transient, 9000}'],
      [get('ListRestartKind.A'), '7'],
    ],
    back: [
      [specified('ListRestartKind'), '{:permanent, 5000}'],
      [get('ListRestartKind.A'), '7'],
    ],
  },
  {
    name: 'list_random_ids',
    promise: 'a child comes beside those that each boot names anew and gives another secret',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': secretive('ListRandomIds.A') },
      children: `${random('ListRandomIds.A')}, ${random('ListRandomIds.A')}`,
    },
    after: {
      sources: { 'lib/b.ex': box('ListRandomIds.B') },
      children: `${random('ListRandomIds.A')}, ListRandomIds.B, ${random('ListRandomIds.A')}`,
    },
    says: [
      'ListRandomIds.Application: loaded',
      'ListRandomIds.B: new, loaded',
      'ListRandomIds.Supervisor: child ListRandomIds.B is started',
    ],
    there: [[get('ListRandomIds.B'), '0']],
    back: [['Process.whereis(ListRandomIds.B)', 'nil']],
  },
];

function nameless(name: string, children: string): string {
  return `defmodule ${name} do
  use Application
  @impl true
  def start(_, _), do: Supervisor.start_link([${children}], strategy: :one_for_one)
end
`;
}

function specified(name: string): string {
  return `{:ok, spec} = :supervisor.get_childspec(${name}.Supervisor, ${name}.A); {spec.restart, spec.shutdown}`;
}

function secretive(name: string): string {
  return `defmodule ${name} do
  use Agent
  def start_link(secret), do: Agent.start_link(fn -> secret end)
end
`;
}

function random(name: string): string {
  return `Supervisor.child_spec({${name}, Base.encode64(:rand.bytes(16))}, id: {${name}, make_ref()})`;
}
