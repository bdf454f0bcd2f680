import type { Row } from '../row.js';

const library = (module: string, value: string) => `defmodule ${module} do\n  def value, do: ${value}\nend`;

/** Applications that keep their version: what they hold tells them apart. */
export const rebuilt: readonly Row[] = [
  {
    name: 'not_bumped',
    promise: 'other code under the same version is loaded from a directory of its own',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('NotBumped', '1') } },
    after: {
      sources: { 'lib/a.ex': library('NotBumped', '2'), 'lib/b.ex': library('NotBumped.New', '3') },
      version: '0.1.0',
    },
    says: ['NotBumped: loaded', 'NotBumped.New: new, loaded'],
    there: [
      ['NotBumped.value()', '2'],
      ['NotBumped.New.value()', '3'],
      ['to_string(Application.spec(:not_bumped, :vsn))', '"0.1.0"'],
      ['Path.basename(Application.app_dir(:not_bumped)) =~ ~r/^not_bumped-0\\.1\\.0\\+[0-9a-f]{12}$/', 'true'],
    ],
    back: [
      ['NotBumped.value()', '1'],
      ['Code.ensure_loaded?(NotBumped.New)', 'false'],
      ['Path.basename(Application.app_dir(:not_bumped))', '"not_bumped-0.1.0"'],
    ],
  },
  {
    name: 'state_not_bumped',
    promise: 'a process keeps its state under another build of its application',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': `defmodule StateNotBumped do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, 1, name: __MODULE__)
  def init(count), do: {:ok, count}
  def handle_call(:next, _, count), do: {:reply, count, count + 1}
end`,
      },
      children: 'StateNotBumped',
    },
    after: {
      sources: {
        'lib/a.ex': `defmodule StateNotBumped do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, 1, name: __MODULE__)
  def init(count), do: {:ok, count}
  def handle_call(:next, _, count), do: {:reply, {:new, count}, count + 1}
end`,
      },
      version: '0.1.0',
    },
    does: 'GenServer.call(StateNotBumped, :next)',
    says: ['StateNotBumped: state migrated by code_change/3, 1 process'],
    there: [['GenServer.call(StateNotBumped, :next)', '{:new, 2}']],
    back: [['GenServer.call(StateNotBumped, :next)', '3']],
  },
  {
    name: 'priv_not_bumped',
    promise: 'another file in priv under the same version is found, and the old one afterwards',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('PrivNotBumped', '1'), 'priv/app.css': 'old' } },
    after: { sources: { 'priv/app.css': 'new' }, version: '0.1.0' },
    says: [],
    there: [['File.read!(Application.app_dir(:priv_not_bumped, "priv/app.css"))', '"new"']],
    back: [['File.read!(Application.app_dir(:priv_not_bumped, "priv/app.css"))', '"old"']],
  },
  {
    name: 'specification_not_bumped',
    promise: 'another specification of an application under the same version is taken up',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': library('SpecificationNotBumped', '1') }, specification: 'env: [limit: 10]' },
    after: { specification: 'env: [limit: 20]', version: '0.1.0' },
    says: [],
    there: [['Application.get_env(:specification_not_bumped, :limit)', '20']],
    back: [['Application.get_env(:specification_not_bumped, :limit)', '10']],
  },
  {
    name: 'macro_not_bumped',
    promise: 'an application that was compiled with another macro, and has the same version, is exchanged with it',
    decision: 'hot',
    before: {
      sources: {
        'lib/u.ex':
          'defmodule MacroNotBumped do\n  require MacroNotBumped.Macros\n  def of(x), do: MacroNotBumped.Macros.twice(x)\nend',
      },
      needs: ['macro_library'],
    },
    after: { version: '0.1.0' },
    siblings: {
      macro_library: {
        before: {
          sources: {
            'lib/m.ex': 'defmodule MacroNotBumped.Macros do\n  defmacro twice(x), do: quote(do: unquote(x) * 2)\nend',
          },
        },
        after: {
          sources: {
            'lib/m.ex': 'defmodule MacroNotBumped.Macros do\n  defmacro twice(x), do: quote(do: unquote(x) * 3)\nend',
          },
        },
      },
    },
    says: ['MacroNotBumped.Macros: loaded', 'MacroNotBumped: loaded'],
    there: [['MacroNotBumped.of(2)', '6']],
    back: [['MacroNotBumped.of(2)', '4']],
  },
];
