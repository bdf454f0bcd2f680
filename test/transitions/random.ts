import fc from 'fast-check';
import { processesOf } from './random-processes.js';
import type { Row } from './row.js';

/** What closes the hot way for an application, if anything does. */
export type Closing = 'none' | 'inserted' | 'forgets';

/** A module in one version: a number of its own, and modules whose numbers it adds to it. */
interface Version {
  readonly own: number;
  /** By their place among the application's modules; they may well call back. */
  readonly calls: readonly number[];
}

const version: fc.Arbitrary<Version> = fc.record({
  own: fc.nat(99),
  calls: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
});

/** Present in both versions, and equal or not; or in one of them only. */
const module = fc.oneof(
  fc.record({ was: version, is: version }),
  version.map((same) => ({ was: same, is: same })),
  fc.record({ was: version, is: fc.constant(undefined) }),
  fc.record({ was: fc.constant(undefined), is: version }),
);

const kinds = ['Integer', 'Tuple', 'Atom'] as const;
const samples = { Integer: '1', Tuple: '{}', Atom: ':x' } as const;
const implementation = fc.option(fc.nat(99), { nil: undefined });

/** A random application. */
export const application = fc.record({
  modules: fc.array(module, { minLength: 1, maxLength: 4 }),
  implementations: fc.tuple(...kinds.map(() => fc.record({ was: implementation, is: implementation }))),
  server: fc.record({
    was: fc.constantFrom('plain', 'tuple', 'map'),
    is: fc.constantFrom('plain', 'tuple', 'map'),
    added: fc.nat(1000),
  }),
  /** Agents that are there before, after, or both times. */
  agents: fc.array(fc.record({ was: fc.boolean(), is: fc.boolean() }), { maxLength: 3 }),
  /** Whether its supervisor has a callback module. */
  shelf: fc.boolean(),
});

export type RandomApplication = typeof application extends fc.Arbitrary<infer T> ? T : never;

const depth = 3;

/** The transition of a random application, and what has to be true about it. */
export function rowOf(drawn: RandomApplication, at: number, closing: Closing): Row {
  const name = `random_${at}`;
  const app = `Random${at}`;
  const processes = processesOf(app, drawn, closing);
  const sources = (when: 'was' | 'is') => ({
    ...Object.fromEntries(
      drawn.modules.map((each, place) => [
        `lib/m${place}.ex`,
        moduleSource(app, place, drawn.modules, each[when], when),
      ]),
    ),
    'lib/p.ex': `defprotocol ${app}.P do\n  def show(term)\nend\n`,
    ...Object.fromEntries(
      drawn.implementations.map((each, place) => [
        `lib/p${place}.ex`,
        implementationSource(app, kinds[place], each[when]),
      ]),
    ),
    ...processes[when].sources,
  });
  const shown = (when: 'was' | 'is') => [
    ...drawn.modules.map(
      (each, place) =>
        [
          `:erlang.module_loaded(${app}.M${place}) and ${app}.M${place}.value(${depth})`,
          each[when] === undefined ? 'false' : String(totalOf(drawn.modules, place, when, depth)),
        ] as const,
    ),
    ...drawn.implementations.map(
      (each, place) =>
        [
          `try do ${app}.P.show(${samples[kinds[place] ?? 'Atom']}) rescue _ in Protocol.UndefinedError -> :undefined end`,
          each[when] === undefined ? ':undefined' : String(each[when]),
        ] as const,
    ),
  ];
  const common = {
    name,
    promise: `${app} goes over and comes back`,
    before: { sources: present(sources('was')), ...processes.was.how },
    after: { sources: sources('is'), ...processes.is.how },
    does: processes.does,
  };
  return closing === 'none'
    ? {
        ...common,
        decision: 'hot',
        says: [],
        there: [...shown('is'), ...processes.there],
        back: [...shown('was'), ...processes.back],
        ends: processes.ends,
      }
    : {
        ...common,
        decision: 'restart',
        by: closing === 'inserted' ? 'code' : 'rehearsal',
        possible: false,
        reasons: [
          closing === 'inserted'
            ? `supervision-changed ${name}/'Elixir.${app}.First'`
            : `state-shape-changed ${app}.Server`,
        ],
      };
}

function present(sources: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sources).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

type Modules = RandomApplication['modules'];

/** Calls only go to modules that are there in the same version. */
function callsOf(modules: Modules, { calls }: Version, when: 'was' | 'is'): readonly number[] {
  return calls.filter((place) => modules[place]?.[when] !== undefined);
}

function moduleSource(app: string, place: number, modules: Modules, version: Version | undefined, when: 'was' | 'is') {
  if (version === undefined) {
    return undefined;
  }
  const sum = [version.own, ...callsOf(modules, version, when).map((called) => `${app}.M${called}.value(depth - 1)`)];
  return `defmodule ${app}.M${place} do
  def value(0), do: 0
  def value(depth) when depth > 0, do: ${sum.join(' + ')}
end
`;
}

function totalOf(modules: Modules, place: number, when: 'was' | 'is', left: number): number {
  const version = modules[place]?.[when];
  return version === undefined || left === 0
    ? 0
    : callsOf(modules, version, when).reduce(
        (sum, called) => sum + totalOf(modules, called, when, left - 1),
        version.own,
      );
}

function implementationSource(app: string, kind: string | undefined, value: number | undefined) {
  return value === undefined ? undefined : `defimpl ${app}.P, for: ${kind} do\n  def show(_), do: ${value}\nend\n`;
}
