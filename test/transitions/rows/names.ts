import type { Row } from '../row.js';

/** Modules that come, go, and have names which somebody has to write down in the right way. */
export const names: readonly Row[] = [
  {
    name: 'module_added',
    promise: 'a new module is there for the changed one that calls it, and gone again on the way down',
    decision: 'hot',
    before: { sources: { 'lib/till.ex': 'defmodule ModuleAdded.Till do\n  def total(sum), do: sum\nend' } },
    after: {
      sources: {
        'lib/till.ex': 'defmodule ModuleAdded.Till do\n  def total(sum), do: ModuleAdded.Tax.on(sum)\nend',
        'lib/tax.ex': 'defmodule ModuleAdded.Tax do\n  def on(sum), do: sum + 19\nend',
      },
    },
    says: ['ModuleAdded.Till: loaded', 'ModuleAdded.Tax: new, loaded'],
    there: [['ModuleAdded.Till.total(100)', '119']],
    back: [
      ['ModuleAdded.Till.total(100)', '100'],
      [':erlang.module_loaded(ModuleAdded.Tax)', 'false'],
    ],
  },
  {
    name: 'module_removed',
    promise: 'a module that is no longer there is gone, and comes back before those that call it',
    decision: 'hot',
    before: {
      sources: {
        'lib/till.ex': 'defmodule ModuleRemoved.Till do\n  def total(sum), do: ModuleRemoved.Tax.on(sum)\nend',
        'lib/tax.ex': 'defmodule ModuleRemoved.Tax do\n  def on(sum), do: sum + 19\nend',
      },
    },
    after: {
      sources: {
        'lib/till.ex': 'defmodule ModuleRemoved.Till do\n  def total(sum), do: sum\nend',
        'lib/tax.ex': undefined,
      },
    },
    says: ['ModuleRemoved.Till: loaded', 'ModuleRemoved.Tax: removed'],
    there: [
      ['ModuleRemoved.Till.total(100)', '100'],
      [':erlang.module_loaded(ModuleRemoved.Tax)', 'false'],
    ],
    back: [['ModuleRemoved.Till.total(100)', '119']],
  },
  {
    name: 'module_renamed',
    promise: 'a module under another name answers under that one only',
    decision: 'hot',
    before: { sources: { 'lib/one.ex': 'defmodule ModuleRenamed.Cart do\n  def open, do: :cart\nend' } },
    after: { sources: { 'lib/one.ex': 'defmodule ModuleRenamed.Basket do\n  def open, do: :basket\nend' } },
    says: ['ModuleRenamed.Basket: new, loaded', 'ModuleRenamed.Cart: removed'],
    there: [
      ['ModuleRenamed.Basket.open()', ':basket'],
      [':erlang.module_loaded(ModuleRenamed.Cart)', 'false'],
    ],
    back: [
      ['ModuleRenamed.Cart.open()', ':cart'],
      [':erlang.module_loaded(ModuleRenamed.Basket)', 'false'],
    ],
  },
  {
    name: 'odd_name',
    promise: 'a module whose name has a space is exchanged like any other',
    decision: 'hot',
    before: { sources: { 'lib/odd.ex': 'defmodule :"odd name" do\n  def who, do: 1\nend' } },
    after: { sources: { 'lib/odd.ex': 'defmodule :"odd name" do\n  def who, do: 2\nend' } },
    says: ['odd name: loaded'],
    there: [[':"odd name".who()', '2']],
    back: [[':"odd name".who()', '1']],
  },
  {
    name: 'quoted_name',
    promise: 'a module whose name has quotes and an exclamation mark is exchanged like any other',
    decision: 'hot',
    before: { sources: { 'lib/odd.ex': `defmodule :"it's 'Q'!" do\n  def who, do: 1\nend` } },
    after: { sources: { 'lib/odd.ex': `defmodule :"it's 'Q'!" do\n  def who, do: 2\nend` } },
    says: [`it's 'Q'!: loaded`],
    there: [[`:"it's 'Q'!".who()`, '2']],
    back: [[`:"it's 'Q'!".who()`, '1']],
  },
  {
    name: 'unicode_name',
    promise: 'a module whose name is not ASCII is exchanged like any other',
    // The mix of Elixir 1.18 cannot write it into the application's specification.
    only: 'bookworm',
    decision: 'hot',
    before: { sources: { 'lib/u.ex': 'defmodule :"größe_尺" do\n  def who, do: "eins"\nend' } },
    after: { sources: { 'lib/u.ex': 'defmodule :"größe_尺" do\n  def who, do: "zwei ü"\nend' } },
    says: ['größe_尺: loaded'],
    there: [[':"größe_尺".who()', '"zwei ü"']],
    back: [[':"größe_尺".who()', '"eins"']],
  },
];
