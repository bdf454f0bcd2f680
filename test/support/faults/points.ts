import type { Blow, Kind } from './blow.js';
import { type Call, isChanging, keyOf } from './call.js';
import { type Chance, chance as chanceOf } from './seed.js';
import type { Next } from './ways.js';

/** A fault to be tried, and the run that has to set things right. */
export interface Attempt {
  readonly blows: readonly Blow[];
  readonly next: Next;
}

const whens = ['before', 'after'] as const;
/** Mostly the same again, as people and workflows do. */
const nexts: readonly Next[] = ['again', 'recover', 'again', 'back'];

/** How many of each kind are tried, chosen by chance. At the journal `each` is one for every step, in whichever container. */
export interface Samples {
  readonly steps: number | 'each';
  readonly killed: number | 'each';
  readonly cancelled: number | 'each';
  readonly calls: number;
  readonly answers: number;
  readonly cuts: number;
}

/**
 * The faults of one way, from the calls of a run that went well: at the steps of the journal, and at calls to the engine that
 * change something. All of them where there are no `samples`.
 */
export function attempts(seen: readonly Call[], seeds: Chance, samples: Samples | undefined): readonly Attempt[] {
  // Its own: how many calls there are to choose from depends on how often a boot was looked after, and no other way may.
  const chance = chanceOf(seeds.below(2 ** 31));
  const steps = seen.filter(({ journal }) => journal !== undefined);
  const calls = seen.filter((call) => isChanging(call) && call.journal === undefined);
  const each = (all: readonly Call[], kind: Kind, at: readonly Blow['when'][]): readonly Blow[] =>
    all.flatMap((call) => at.map((when) => ({ kind, when, at: keyOf(call) })));
  const some = (blows: readonly Blow[], count: number | undefined) =>
    count === undefined ? blows : chance.some(blows, count);
  // Those at the journal come first, as they are the same in every run.
  const atSteps = (kind: Kind, count: number | 'each' | undefined) =>
    count === 'each' ? oncePerStep(steps, kind, chance) : some(each(steps, kind, whens), count);
  const blows = [
    ...atSteps('SIGKILL', samples?.steps),
    ...atSteps('container killed', samples?.killed),
    ...atSteps('cancel', samples?.cancelled),
    ...some(each(calls, 'SIGKILL', whens), samples?.calls),
    ...some(each(calls, 'answer lost', ['after']), samples?.answers),
    ...some(each(calls, 'network cut', whens), samples?.cuts),
  ];
  return blows.map((blow, at) => ({ blows: [blow], next: nexts[at % nexts.length] as Next }));
}

function oncePerStep(steps: readonly Call[], kind: Kind, chance: Chance): readonly Blow[] {
  const names = [...new Set(steps.map(({ journal }) => journal))];
  return names.map((name) => {
    const call = chance.of(steps.filter(({ journal }) => journal === name));
    return { kind, when: chance.of(whens), at: keyOf(call) };
  });
}

/** What happens to the engine itself, at every step of the journal: so many of each kind, or all. */
export function engineAttempts(seen: readonly Call[], chance: Chance, most: number | undefined): readonly Attempt[] {
  const steps = seen.filter(({ journal }) => journal !== undefined);
  const kinds = ['disk full', 'engine restarted'] as const;
  const blows = kinds.flatMap((kind) => {
    const all = steps.flatMap((call) => whens.map((when): Blow => ({ kind, when, at: keyOf(call) })));
    return most === undefined ? all : chance.some(all, most);
  });
  return blows.map((blow) => ({ blows: [blow], next: 'again' }));
}

/** Of a run that takes up what one before it left: every step until it is through with that. */
export function recovering(first: Blow, seen: readonly Call[]): readonly Attempt[] {
  const steps = seen.filter(({ journal }) => journal !== undefined);
  const last = steps.findLastIndex(({ journal }) => journal === 'undone');
  const own =
    last >= 0 ? steps.slice(0, last + 1) : steps.slice(0, steps.findLastIndex(({ journal }) => journal === 'done') + 1);
  return own.flatMap((call) =>
    whens.map((when): Attempt => ({ blows: [first, { kind: 'SIGKILL', when, at: keyOf(call) }], next: 'again' })),
  );
}
