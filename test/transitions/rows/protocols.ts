import type { Row } from '../row.js';

const base = (protocol: string, more = '') => `defprotocol ${protocol} do
  ${more}
  def show(term)
end
`;
const impl = (protocol: string, of: string, body: string) => `defimpl ${protocol}, for: ${of} do
  def show(x), do: ${body}
end
`;
const shown = (protocol: string, term: string) =>
  `try do ${protocol}.show(${term}) rescue _ in Protocol.UndefinedError -> :undefined end`;

/** Protocols and their implementations, which are consolidated for the whole release. */
export const protocols: readonly Row[] = [
  {
    name: 'impl_comes',
    promise: 'an implementation that comes is dispatched to, and is gone on the way down',
    decision: 'hot',
    before: { sources: { 'lib/p.ex': base('ImplComes.P') + impl('ImplComes.P', 'Integer', 'x + 1') } },
    after: { sources: { 'lib/t.ex': impl('ImplComes.P', 'Tuple', 'tuple_size(x)') } },
    says: ['ImplComes.P.Tuple: new, loaded'],
    exchanges: ['ImplComes.P'],
    there: [[shown('ImplComes.P', '{1, 2}'), '2']],
    back: [[shown('ImplComes.P', '{1, 2}'), ':undefined']],
  },
  {
    name: 'impl_goes',
    promise: 'an implementation that goes is no longer dispatched to, and is back on the way down',
    decision: 'hot',
    before: {
      sources: {
        'lib/p.ex': base('ImplGoes.P') + impl('ImplGoes.P', 'Integer', 'x'),
        'lib/t.ex': impl('ImplGoes.P', 'Tuple', 'tuple_size(x)'),
      },
    },
    after: { sources: { 'lib/t.ex': undefined } },
    says: ['ImplGoes.P.Tuple: removed'],
    exchanges: ['ImplGoes.P'],
    there: [[shown('ImplGoes.P', '{1, 2}'), ':undefined']],
    back: [[shown('ImplGoes.P', '{1, 2}'), '2']],
  },
  {
    name: 'impl_changes',
    promise: 'an implementation that changes needs no new dispatch',
    decision: 'hot',
    before: {
      sources: { 'lib/p.ex': base('ImplChanges.P'), 'lib/t.ex': impl('ImplChanges.P', 'Tuple', 'tuple_size(x)') },
    },
    after: { sources: { 'lib/t.ex': impl('ImplChanges.P', 'Tuple', '{:size, tuple_size(x)}') } },
    says: ['ImplChanges.P.Tuple: loaded'],
    there: [[shown('ImplChanges.P', '{1, 2}'), '{:size, 2}']],
    back: [[shown('ImplChanges.P', '{1, 2}'), '2']],
  },
  {
    name: 'protocol_grows',
    promise: 'a protocol with another function comes with all its implementations',
    decision: 'hot',
    before: {
      sources: { 'lib/p.ex': base('ProtocolGrows.P'), 'lib/t.ex': impl('ProtocolGrows.P', 'Tuple', 'tuple_size(x)') },
    },
    after: {
      sources: {
        'lib/p.ex': 'defprotocol ProtocolGrows.P do\n  def show(term)\n  def weigh(term)\nend\n',
        'lib/t.ex':
          'defimpl ProtocolGrows.P, for: Tuple do\n  def show(x), do: tuple_size(x)\n  def weigh(_), do: :heavy\nend\n',
      },
    },
    says: ['ProtocolGrows.P.Tuple: loaded'],
    exchanges: ['ProtocolGrows.P'],
    there: [['{ProtocolGrows.P.show({1}), ProtocolGrows.P.weigh({1})}', '{1, :heavy}']],
    back: [['{ProtocolGrows.P.show({1}), function_exported?(ProtocolGrows.P, :weigh, 1)}', '{1, false}']],
  },
  {
    name: 'protocol_comes',
    promise: 'a protocol that comes is consolidated, and gone on the way down',
    decision: 'hot',
    before: { sources: { 'lib/u.ex': 'defmodule ProtocolComes do\n  def of(x), do: x\nend' } },
    after: {
      sources: {
        'lib/u.ex': 'defmodule ProtocolComes do\n  def of(x), do: ProtocolComes.P.show(x)\nend',
        'lib/p.ex': base('ProtocolComes.P') + impl('ProtocolComes.P', 'Integer', 'x + 1'),
      },
    },
    says: ['ProtocolComes: loaded', 'ProtocolComes.P.Integer: new, loaded'],
    exchanges: ['ProtocolComes.P'],
    there: [['{ProtocolComes.of(1), Protocol.consolidated?(ProtocolComes.P)}', '{2, true}']],
    back: [['{ProtocolComes.of(1), :erlang.module_loaded(ProtocolComes.P)}', '{1, false}']],
  },
  {
    name: 'protocol_goes',
    promise: 'a protocol that goes is no longer there, and is back on the way down',
    decision: 'hot',
    before: {
      sources: {
        'lib/u.ex': 'defmodule ProtocolGoes do\n  def of(x), do: ProtocolGoes.P.show(x)\nend',
        'lib/p.ex': base('ProtocolGoes.P') + impl('ProtocolGoes.P', 'Integer', 'x + 1'),
      },
    },
    after: { sources: { 'lib/u.ex': 'defmodule ProtocolGoes do\n  def of(x), do: x\nend', 'lib/p.ex': undefined } },
    says: ['ProtocolGoes: loaded', 'ProtocolGoes.P: removed', 'ProtocolGoes.P.Integer: removed'],
    there: [['{ProtocolGoes.of(1), :erlang.module_loaded(ProtocolGoes.P)}', '{1, false}']],
    back: [['{ProtocolGoes.of(1), Protocol.consolidated?(ProtocolGoes.P)}', '{2, true}']],
  },
  {
    name: 'falls_back',
    promise: 'a protocol that falls back to any takes everything, and stops doing so on the way down',
    decision: 'hot',
    before: { sources: { 'lib/p.ex': base('FallsBack.P') + impl('FallsBack.P', 'Any', '{:any, x}') } },
    after: {
      sources: { 'lib/p.ex': base('FallsBack.P', '@fallback_to_any true') + impl('FallsBack.P', 'Any', '{:any, x}') },
    },
    says: [],
    exchanges: ['FallsBack.P'],
    there: [[shown('FallsBack.P', ':x'), '{:any, :x}']],
    back: [[shown('FallsBack.P', ':x'), ':undefined']],
  },
  {
    name: 'core_protocol',
    promise: "an implementation of one of Elixir's own protocols is dispatched to",
    decision: 'hot',
    before: {
      sources: {
        'lib/s.ex': 'defmodule CoreProtocol do\n  defstruct [:n]\n  def new(n), do: struct(__MODULE__, n: n)\nend',
      },
    },
    after: {
      sources: {
        'lib/i.ex': 'defimpl String.Chars, for: CoreProtocol do\n  def to_string(%{n: n}), do: "number #{n}"\nend',
      },
    },
    says: ['String.Chars.CoreProtocol: new, loaded'],
    exchanges: ['String.Chars'],
    there: [['to_string(CoreProtocol.new(4))', '"number 4"']],
    back: [
      ['try do to_string(CoreProtocol.new(4)) rescue _ in Protocol.UndefinedError -> :undefined end', ':undefined'],
    ],
  },
  {
    name: 'derived',
    promise: 'a struct that derives a protocol is dispatched to',
    decision: 'hot',
    before: {
      sources: {
        'lib/p.ex': base('Derived.P') + impl('Derived.P', 'Any', '{:derived, x.n}'),
        'lib/s.ex': 'defmodule Derived do\n  defstruct [:n]\n  def new(n), do: struct(__MODULE__, n: n)\nend',
      },
    },
    after: {
      sources: {
        'lib/s.ex':
          'defmodule Derived do\n  @derive Derived.P\n  defstruct [:n]\n  def new(n), do: struct(__MODULE__, n: n)\nend',
      },
    },
    says: ['Derived.P.Derived: new, loaded'],
    exchanges: ['Derived.P'],
    there: [[shown('Derived.P', 'Derived.new(4)'), '{:derived, 4}']],
    back: [[shown('Derived.P', 'Derived.new(4)'), ':undefined']],
  },
];
