import type { Row } from '../row.js';

const library = (module: string, value: string) => `defmodule ${module} do\n  def value, do: ${value}\nend`;
const keeper = (module: string) => `defmodule ${module} do
  use Agent

  def start_link(value), do: Agent.start_link(fn -> value end, name: __MODULE__)
  def add(number), do: Agent.update(__MODULE__, &(&1 + number))
  def value, do: Agent.get(__MODULE__, & &1)
end`;

/** Applications that come, that depend on each other, and what belongs to them beside code. */
export const applications: readonly Row[] = [
  {
    name: 'joins_running',
    promise: 'an application with processes that joins the release runs, and is unloaded on the way down',
    decision: 'hot',
    after: {
      sources: { 'lib/keeper.ex': keeper('JoinsRunning.Keeper') },
      children: '{JoinsRunning.Keeper, 5}',
      version: '3.1.4',
    },
    says: ['joins_running 3.1.4: new application'],
    there: [['JoinsRunning.Keeper.value()', '5']],
    back: [
      ['Process.whereis(JoinsRunning.Keeper)', 'nil'],
      ['List.keymember?(Application.loaded_applications(), :joins_running, 0)', 'false'],
      [':erlang.module_loaded(JoinsRunning.Keeper)', 'false'],
    ],
  },
  {
    name: 'joins_needed',
    promise: 'an application that joins the release is there before the changed one that calls it',
    decision: 'hot',
    before: { sources: { 'lib/user.ex': library('JoinsNeeded.User', ':alone') } },
    after: {
      sources: { 'lib/user.ex': library('JoinsNeeded.User', 'JoinsNeeded.Library.value()') },
      needs: ['joins_library'],
    },
    siblings: { joins_library: { after: { sources: { 'lib/l.ex': library('JoinsNeeded.Library', ':together') } } } },
    says: ['joins_library 0.2.0: new application', 'JoinsNeeded.User: loaded'],
    there: [['JoinsNeeded.User.value()', ':together']],
    back: [['JoinsNeeded.User.value()', ':alone']],
  },
  {
    name: 'joins_loaded',
    promise: 'an application that joins the release and is only to be loaded is not started',
    decision: 'hot',
    after: { sources: { 'lib/k.ex': keeper('JoinsLoaded.Keeper') }, children: '{JoinsLoaded.Keeper, 5}', mode: 'load' },
    says: ['joins_loaded 0.2.0: new application'],
    there: [
      ['Process.whereis(JoinsLoaded.Keeper)', 'nil'],
      ['List.keymember?(Application.loaded_applications(), :joins_loaded, 0)', 'true'],
    ],
    back: [['List.keymember?(Application.loaded_applications(), :joins_loaded, 0)', 'false']],
  },
  {
    name: 'siblings_call',
    promise: 'two umbrella siblings change a function between them at once, the callee before its caller',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': library('SiblingsCall.Upper', 'SiblingsCall.Lower.old()') },
      needs: ['siblings_lower'],
    },
    after: { sources: { 'lib/a.ex': library('SiblingsCall.Upper', 'SiblingsCall.Lower.new(1)') } },
    siblings: {
      siblings_lower: {
        before: { sources: { 'lib/b.ex': 'defmodule SiblingsCall.Lower do\n  def old, do: :old\nend' } },
        after: { sources: { 'lib/b.ex': 'defmodule SiblingsCall.Lower do\n  def new(x), do: {:new, x}\nend' } },
      },
    },
    says: ['SiblingsCall.Upper: loaded', 'SiblingsCall.Lower: loaded'],
    there: [['SiblingsCall.Upper.value()', '{:new, 1}']],
    back: [['SiblingsCall.Upper.value()', ':old']],
  },
  {
    name: 'siblings_circle',
    promise: 'siblings that call each other in a circle, with processes that hold state, change at once',
    decision: 'hot',
    before: {
      sources: {
        'lib/k.ex': keeper('SiblingsCircle.Keeper'),
        'lib/a.ex': library('SiblingsCircle.One', 'SiblingsCircle.Two.value()'),
      },
      children: '{SiblingsCircle.Keeper, 1}',
      needs: ['siblings_circle_two'],
    },
    after: { sources: { 'lib/a.ex': library('SiblingsCircle.One', '{:two, SiblingsCircle.Two.value()}') } },
    siblings: {
      siblings_circle_two: {
        before: {
          sources: {
            'lib/b.ex':
              'defmodule SiblingsCircle.Two do\n  @compile {:no_warn_undefined, SiblingsCircle.Keeper}\n  def value, do: SiblingsCircle.Keeper.value()\nend',
          },
        },
        after: {
          sources: {
            'lib/b.ex':
              'defmodule SiblingsCircle.Two do\n  @compile {:no_warn_undefined, [SiblingsCircle.Keeper, SiblingsCircle.One]}\n  def value, do: {:kept, SiblingsCircle.Keeper.value()}\n  def around, do: SiblingsCircle.One.value()\nend',
          },
        },
      },
    },
    does: 'SiblingsCircle.Keeper.add(41)',
    says: ['SiblingsCircle.One: loaded', 'SiblingsCircle.Two: loaded'],
    there: [['SiblingsCircle.Two.around()', '{:two, {:kept, 42}}']],
    back: [['SiblingsCircle.One.value()', '42']],
  },
  {
    name: 'only_callee',
    promise: 'a dependency without an appup changes alone, and who uses it meets the new one',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': library('OnlyCallee.User', 'OnlyCallee.Library.value()') },
      needs: ['only_callee_library'],
    },
    after: { version: '0.1.0' },
    siblings: {
      only_callee_library: {
        before: { sources: { 'lib/b.ex': library('OnlyCallee.Library', '1') }, version: '1.4.2' },
        after: { sources: { 'lib/b.ex': library('OnlyCallee.Library', '2') }, version: '2.0.0' },
      },
    },
    says: ['OnlyCallee.Library: loaded'],
    there: [['OnlyCallee.User.value()', '2']],
    back: [['OnlyCallee.User.value()', '1']],
  },
  {
    name: 'configured',
    promise: 'changed configuration reaches config_change, and is what it was afterwards',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': `defmodule Configured do
  use Application

  @impl true
  def start(_type, _args), do: Supervisor.start_link([], strategy: :one_for_one)

  @impl true
  def config_change(changed, new, removed), do: :persistent_term.put(__MODULE__, {changed, new, removed})

  def told, do: :persistent_term.get(__MODULE__, nil)
end`,
      },
      start: 'Configured',
      config: 'step: 1, colour: :red, gone: true',
    },
    after: { config: 'step: 2, colour: :red, fresh: "yes"' },
    says: [],
    there: [
      ['Configured.told()', '{[step: 2], [fresh: "yes"], [:gone]}'],
      ['Application.get_env(:configured, :step)', '2'],
    ],
    back: [
      ['Configured.told()', '{[step: 1], [gone: true], [:fresh]}'],
      ['Application.get_env(:configured, :fresh)', 'nil'],
    ],
  },
  {
    name: 'default_environment',
    promise: "another default in the application's own specification is what a cold boot would have",
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('DefaultEnvironment', ':same') }, specification: 'env: [limit: 10]' },
    after: { specification: 'env: [limit: 20, more: true]' },
    says: [],
    there: [['Application.get_all_env(:default_environment) |> Enum.sort()', '[limit: 20, more: true]']],
    back: [['Application.get_all_env(:default_environment)', '[limit: 10]']],
  },
  {
    name: 'start_phase',
    promise: 'an application with start phases takes its callback module anew, and goes through no phase again',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex':
          'defmodule StartPhase do\n  use Application\n  @impl true\n  def start(_, _), do: Supervisor.start_link([], strategy: :one_for_one)\n  @impl true\n  def start_phase(:warm, _, []), do: :ok\n  def who, do: 1\nend',
      },
      start: 'StartPhase',
      specification: 'start_phases: [warm: []]',
    },
    after: {
      sources: {
        'lib/a.ex':
          'defmodule StartPhase do\n  use Application\n  @impl true\n  def start(_, _), do: Supervisor.start_link([], strategy: :one_for_one)\n  @impl true\n  def start_phase(:warm, _, []), do: :ok\n  def who, do: 2\nend',
      },
    },
    says: ['StartPhase: loaded'],
    there: [['StartPhase.who()', '2']],
    back: [['StartPhase.who()', '1']],
  },
  {
    name: 'priv_file',
    promise: 'a file in priv comes with the new version, and code:priv_dir leads to it',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('PrivFile', ':same'), 'priv/app.css': 'old', 'priv/gone.css': 'gone' } },
    after: { sources: { 'priv/app.css': 'new', 'priv/gone.css': undefined, 'priv/added.js': 'added' } },
    says: [],
    there: [
      ['Application.app_dir(:priv_file, "priv/app.css") |> File.read!()', '"new"'],
      ['Application.app_dir(:priv_file, "priv") |> File.ls!() |> Enum.sort()', '["added.js", "app.css"]'],
    ],
    back: [['Application.app_dir(:priv_file, "priv/app.css") |> File.read!()', '"old"']],
  },
];
