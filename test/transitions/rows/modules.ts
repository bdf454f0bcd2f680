import type { Row } from '../row.js';

/** What plain modules do, which nobody runs. */
export const modules: readonly Row[] = [
  {
    name: 'plain_elixir',
    promise: 'a plain Elixir module answers with its new code',
    decision: 'hot',
    before: { sources: { 'lib/price.ex': 'defmodule PlainElixir.Price do\n  def net(gross), do: gross * 80\nend' } },
    after: { sources: { 'lib/price.ex': 'defmodule PlainElixir.Price do\n  def net(gross), do: gross * 90\nend' } },
    says: ['PlainElixir.Price: loaded'],
    there: [['PlainElixir.Price.net(2)', '180']],
    back: [['PlainElixir.Price.net(2)', '160']],
  },
  {
    name: 'plain_erlang',
    promise: 'a plain Erlang module answers with its new code',
    decision: 'hot',
    before: {
      sources: { 'src/plain_erlang.erl': '-module(plain_erlang).\n-export([net/1]).\nnet(Gross) -> Gross * 80.\n' },
    },
    after: {
      sources: { 'src/plain_erlang.erl': '-module(plain_erlang).\n-export([net/1]).\nnet(Gross) -> Gross * 90.\n' },
    },
    says: ['plain_erlang: loaded'],
    there: [[':plain_erlang.net(2)', '180']],
    back: [[':plain_erlang.net(2)', '160']],
  },
  {
    name: 'macro_changed',
    promise: 'whoever was compiled with a macro is exchanged with it',
    decision: 'hot',
    before: {
      sources: {
        'lib/m.ex': 'defmodule MacroChanged.Macros do\n  defmacro twice(x), do: quote(do: unquote(x) * 2)\nend',
        'lib/u.ex':
          'defmodule MacroChanged.User do\n  require MacroChanged.Macros\n  def of(x), do: MacroChanged.Macros.twice(x)\nend',
      },
    },
    after: {
      sources: {
        'lib/m.ex':
          'defmodule MacroChanged.Macros do\n  defmacro twice(x), do: quote(do: unquote(x) + unquote(x) + 0)\nend',
      },
    },
    says: ['MacroChanged.Macros: loaded', 'MacroChanged.User: loaded'],
    there: [['MacroChanged.User.of(4)', '8']],
    back: [['MacroChanged.User.of(4)', '8']],
  },
  {
    name: 'constant_inlined',
    promise: 'a constant of another module that was compiled in is exchanged with that module',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex': 'defmodule ConstantInlined.Rate do\n  def rate, do: 7\nend',
        'lib/b.ex':
          'defmodule ConstantInlined.User do\n  @rate ConstantInlined.Rate.rate()\n  def rate, do: @rate\nend',
      },
    },
    after: { sources: { 'lib/a.ex': 'defmodule ConstantInlined.Rate do\n  def rate, do: 19\nend' } },
    says: ['ConstantInlined.Rate: loaded', 'ConstantInlined.User: loaded'],
    there: [['ConstantInlined.User.rate()', '19']],
    back: [['ConstantInlined.User.rate()', '7']],
  },
  {
    name: 'header_changed',
    promise: 'a record with another field in a header file is the same for all modules that include it',
    decision: 'hot',
    before: {
      sources: {
        'src/header_changed.hrl': '-record(item, {name}).\n',
        'src/header_make.erl':
          '-module(header_make).\n-export([new/1]).\n-include("header_changed.hrl").\nnew(Name) -> #item{name = Name}.\n',
        'src/header_read.erl':
          '-module(header_read).\n-export([name/1]).\n-include("header_changed.hrl").\nname(#item{name = Name}) -> Name.\n',
      },
    },
    after: { sources: { 'src/header_changed.hrl': '-record(item, {price = 0, name}).\n' } },
    says: ['header_make: loaded', 'header_read: loaded'],
    there: [
      [':header_read.name(:header_make.new(:tea))', ':tea'],
      [':header_make.new(:tea)', '{:item, 0, :tea}'],
    ],
    back: [[':header_make.new(:tea)', '{:item, :tea}']],
  },
  {
    name: 'behaviour_gains_callback',
    promise: 'a behaviour with another callback comes with its implementers, those that are new included',
    decision: 'hot',
    before: {
      sources: {
        'lib/b.ex':
          'defmodule BehaviourGains.Shape do\n  @callback area(number) :: number\n  def all(x), do: [BehaviourGains.Square.area(x)]\nend',
        'lib/s.ex':
          'defmodule BehaviourGains.Square do\n  @behaviour BehaviourGains.Shape\n  @impl true\n  def area(x), do: x * x\nend',
      },
    },
    after: {
      sources: {
        'lib/b.ex':
          'defmodule BehaviourGains.Shape do\n  @callback area(number) :: number\n  @callback name() :: atom\n  def all(x), do: for(m <- [BehaviourGains.Square, BehaviourGains.Double], do: {m.name(), m.area(x)})\nend',
        'lib/s.ex':
          'defmodule BehaviourGains.Square do\n  @behaviour BehaviourGains.Shape\n  @impl true\n  def area(x), do: x * x\n  @impl true\n  def name, do: :square\nend',
        'lib/d.ex':
          'defmodule BehaviourGains.Double do\n  @behaviour BehaviourGains.Shape\n  @impl true\n  def area(x), do: x * 2\n  @impl true\n  def name, do: :double\nend',
      },
    },
    says: ['BehaviourGains.Shape: loaded', 'BehaviourGains.Square: loaded', 'BehaviourGains.Double: new, loaded'],
    there: [['BehaviourGains.Shape.all(3)', '[square: 9, double: 6]']],
    back: [['BehaviourGains.Shape.all(3)', '[9]']],
  },
  {
    name: 'arity_changed',
    promise: 'a function with another arity and its callers, which call each other in a circle, change at once',
    decision: 'hot',
    before: {
      sources: {
        'lib/a.ex':
          'defmodule ArityChanged.Even do\n  def even(0), do: true\n  def even(n), do: ArityChanged.Odd.odd(n - 1)\nend',
        'lib/b.ex':
          'defmodule ArityChanged.Odd do\n  def odd(0), do: false\n  def odd(n), do: ArityChanged.Even.even(n - 1)\nend',
      },
    },
    after: {
      sources: {
        'lib/a.ex':
          'defmodule ArityChanged.Even do\n  def even(0, steps), do: {true, steps}\n  def even(n, steps), do: ArityChanged.Odd.odd(n - 1, steps + 1)\nend',
        'lib/b.ex':
          'defmodule ArityChanged.Odd do\n  def odd(0, steps), do: {false, steps}\n  def odd(n, steps), do: ArityChanged.Even.even(n - 1, steps + 1)\nend',
      },
    },
    says: ['ArityChanged.Even: loaded', 'ArityChanged.Odd: loaded'],
    there: [['ArityChanged.Even.even(7, 0)', '{false, 7}']],
    back: [['ArityChanged.Even.even(7)', 'false']],
  },
  {
    name: 'struct_gains_field',
    promise: 'a struct that nobody keeps gains a field, for those who make it and those who match it',
    decision: 'hot',
    before: {
      sources: {
        'lib/s.ex': 'defmodule StructGains.Item do\n  defstruct [:name]\nend',
        'lib/u.ex':
          'defmodule StructGains.User do\n  def keys, do: %StructGains.Item{} |> Map.from_struct() |> Map.keys()\nend',
      },
    },
    after: { sources: { 'lib/s.ex': 'defmodule StructGains.Item do\n  defstruct [:name, price: 3]\nend' } },
    says: ['StructGains.Item: loaded', 'StructGains.User: loaded'],
    there: [['StructGains.User.keys()', '[:name, :price]']],
    back: [['StructGains.User.keys()', '[:name]']],
  },
  {
    name: 'beside_native',
    promise: 'a module beside one with a native library and one with on_load is exchanged, and those stay',
    decision: 'hot',
    before: {
      sources: {
        'src/beside_nif.erl':
          '-module(beside_nif).\n-export([start/1, add/2]).\nstart(Path) -> erlang:load_nif(Path, 0).\nadd(_, _) -> erlang:nif_error(not_loaded).\n',
        'src/beside_on_load.erl':
          '-module(beside_on_load).\n-export([times/0]).\n-on_load(go/0).\ngo() -> persistent_term:put(beside_on_load, times() + 1).\ntimes() -> persistent_term:get(beside_on_load, 0).\n',
        'src/beside_plain.erl': '-module(beside_plain).\n-export([who/0]).\nwho() -> 1.\n',
      },
    },
    after: { sources: { 'src/beside_plain.erl': '-module(beside_plain).\n-export([who/0]).\nwho() -> 2.\n' } },
    says: ['beside_plain: loaded'],
    there: [['{:beside_plain.who(), :beside_on_load.times()}', '{2, 1}']],
    back: [['{:beside_plain.who(), :beside_on_load.times()}', '{1, 1}']],
  },
  {
    name: 'same_code',
    promise: 'a new version with the same code exchanges nothing but the version',
    decision: 'hot',
    before: { sources: { 'lib/same.ex': 'defmodule SameCode do\n  def who, do: 1\nend' } },
    after: {},
    says: [],
    there: [['to_string(Application.spec(:same_code, :vsn))', '"0.2.0"']],
    back: [['to_string(Application.spec(:same_code, :vsn))', '"0.1.0"']],
  },
];
