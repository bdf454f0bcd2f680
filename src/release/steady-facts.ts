import type { Facts } from './facts.js';
import { agreed, withoutNoise } from './printed.js';
import { steadyRegistrations } from './registrations.js';
import { steadyTree, withoutNoiseOf } from './steady.js';

/** What two boots of one release agree on. */
export function steadyFacts(one: Facts, other: Facts): Facts {
  const printed = prints(other.settings);
  return {
    ...one,
    tree: steadyTree(one.tree, other.tree),
    registrations: steadyRegistrations(one.registrations, other.registrations),
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
    tree: withoutNoiseOf(facts.tree, known.tree),
    registrations: steadyRegistrations(facts.registrations, known.registrations),
    settings: facts.settings.flatMap(([application, key, print]) => {
      const its = printed.get(`${application}:${key}`);
      return its === undefined ? [] : [[application, key, withoutNoise(print, its)] as const];
    }),
  };
}

const prints = (settings: Facts['settings']) =>
  new Map(settings.map(([application, key, print]) => [`${application}:${key}`, print] as const));
