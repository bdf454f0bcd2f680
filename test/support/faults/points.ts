import type { Blow, Kind } from './blow.js';
import { type Call, isChanging, keyOf } from './call.js';
import type { Chance } from './seed.js';
import type { Next } from './ways.js';

/** A fault to be tried, and the run that has to set things right. */
export interface Attempt {
  readonly blows: readonly Blow[];
  readonly next: Next;
}

const whens = ['before', 'after'] as const;
/** Mostly the same again, as people and workflows do. */
const nexts: readonly Next[] = ['again', 'plan', 'again', 'back'];

/** How many of the faults at single calls are tried; all where absent. */
export interface Samples {
  readonly calls: number;
  readonly answers: number;
  readonly cuts: number;
}

/**
 * The faults of one way, from the calls of a run that went well: at every step of the ledger, and at calls to the engine that
 * change something, of which `samples` says how many.
 */
export function attempts(seen: readonly Call[], chance: Chance, samples: Samples | undefined): readonly Attempt[] {
  const steps = seen.filter(({ ledger }) => ledger !== undefined);
  const calls = seen.filter((call) => isChanging(call) && call.ledger === undefined);
  const each = (all: readonly Call[], kind: Kind, at: readonly Blow['when'][]): readonly Blow[] =>
    all.flatMap((call) => at.map((when) => ({ kind, when, at: keyOf(call) })));
  const some = (blows: readonly Blow[], count: number | undefined) =>
    count === undefined ? blows : chance.some(blows, count);
  const all = samples === undefined;
  const blows = [
    ...each(steps, 'SIGKILL', whens),
    ...each(steps, 'container killed', all ? whens : ['after']),
    ...each(steps, 'cancel', all ? whens : ['after']),
    ...some(each(calls, 'SIGKILL', whens), samples?.calls),
    ...some(each(calls, 'answer lost', ['after']), samples?.answers),
    ...some(each(calls, 'network cut', whens), samples?.cuts),
  ];
  return blows.map((blow, at) => ({ blows: [blow], next: nexts[at % nexts.length] as Next }));
}

/** What happens to the engine itself, at every step of the ledger. */
export function engineAttempts(seen: readonly Call[]): readonly Attempt[] {
  const steps = seen.filter(({ ledger }) => ledger !== undefined);
  const kinds = ['disk full', 'engine restarted'] as const;
  const blows = steps.flatMap((call) =>
    kinds.flatMap((kind) => whens.map((when): Blow => ({ kind, when, at: keyOf(call) }))),
  );
  return blows.map((blow) => ({ blows: [blow], next: 'again' }));
}

/** Of a run that takes up what one before it left: every step until it is through with that. */
export function recovering(first: Blow, seen: readonly Call[]): readonly Attempt[] {
  const steps = seen.filter(({ ledger }) => ledger !== undefined);
  const last = steps.findLastIndex(({ ledger }) => ledger === 'undone');
  const own =
    last >= 0 ? steps.slice(0, last + 1) : steps.slice(0, steps.findLastIndex(({ ledger }) => ledger === 'done') + 1);
  return own.flatMap((call) =>
    whens.map((when): Attempt => ({ blows: [first, { kind: 'SIGKILL', when, at: keyOf(call) }], next: 'again' })),
  );
}
