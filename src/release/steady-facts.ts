import { contentsWithoutNoiseOf, steadyContents } from './contents.js';
import type { Facts, ProcessState } from './facts.js';
import { agreed, withoutNoise } from './printed.js';
import { steadyRegistrations } from './registrations.js';
import { asIn, steadyTree } from './steady.js';

/** What two boots of one release agree on. */
export function steadyFacts(one: Facts, other: Facts): Facts {
  const printed = prints(other.settings);
  return {
    ...one,
    tree: steadyTree(one.tree, other.tree),
    registrations: steadyRegistrations(one.registrations, other.registrations),
    ...(one.contents && other.contents && { contents: steadyContents(one.contents, other.contents) }),
    states: steadyStates(one.states, other.states, agreed),
    settings: one.settings.flatMap(([application, key, print]) => {
      const its = printed.get(`${application}:${key}`);
      const both = its === undefined ? undefined : agreed(print, its);
      return both === undefined ? [] : [[application, key, both] as const];
    }),
  };
}

/** The facts of another boot of the same release, without what is noise in these. */
export function factsWithoutNoiseOf(facts: Facts, known: Facts): Facts {
  const printed = prints(known.settings);
  return {
    ...facts,
    tree: asIn(facts.tree, known.tree),
    registrations: steadyRegistrations(facts.registrations, known.registrations),
    ...(facts.contents && known.contents && { contents: contentsWithoutNoiseOf(facts.contents, known.contents) }),
    states: steadyStates(facts.states, known.states, withoutNoise),
    settings: facts.settings.flatMap(([application, key, print]) => {
      const its = printed.get(`${application}:${key}`);
      return its === undefined ? [] : [[application, key, withoutNoise(print, its)] as const];
    }),
  };
}

const prints = (settings: Facts['settings']) =>
  new Map(settings.map(([application, key, print]) => [`${application}:${key}`, print] as const));

/** Of processes that are alike it is not known which is which, and of one that only one boot has nothing: no sketch of theirs counts. */
function steadyStates(
  these: readonly ProcessState[],
  those: readonly ProcessState[],
  merge: (one: string, other: string) => string | undefined,
): readonly ProcessState[] {
  return these.map(({ sketch, ...state }) => {
    const alike = those.filter(({ place, module }) => place === state.place && module === state.module);
    const [other] = alike;
    const both =
      alike.length === 1 && sketch !== undefined && other?.sketch !== undefined
        ? merge(sketch, other.sketch)
        : undefined;
    return both === undefined ? state : { ...state, sketch: both };
  });
}
