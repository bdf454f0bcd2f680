import type { Facts, ProcessState } from './facts.js';
import { differingLeaves, holds, tokenAt } from './printed.js';

/** A value in a process's state that a boot of the new release would have made otherwise, and the upgrade did not. */
export interface KeptValue {
  readonly place: string;
  readonly module: string;
  /** `application:key` of the changed setting that it was taken from, if it was. */
  readonly setting?: string;
}

type Known = Pick<Facts, 'states' | 'settings'>;

/**
 * The same place in a process's state in which a boot of the old release differs from one of the new, and the upgraded one is
 * as the old. Pure.
 */
export function keptValues(old: Known, fresh: Known, upgraded: Known): readonly KeptValue[] {
  const settings = changedSettings(old, fresh);
  return upgraded.states.flatMap(({ place, module, sketch }) => {
    const [was, is] = [only(old.states, place, module), only(fresh.states, place, module)];
    if (sketch === undefined || was?.sketch === undefined || is?.sketch === undefined) return [];
    if (only(upgraded.states, place, module) === undefined) return [];
    const kept = (differingLeaves(was.sketch, is.sketch) ?? []).filter(
      ({ leaf, one }) => tokenAt(sketch, leaf) === one,
    );
    if (kept.length === 0 || differingLeaves(sketch, is.sketch) === undefined) return [];
    const setting = settings.find(([, one, other]) =>
      kept.some((leaf) => holds(one, leaf.one) && holds(other, leaf.other)),
    );
    return [{ place, module, ...(setting && { setting: setting[0] }) }];
  });
}

function changedSettings(old: Known, fresh: Known): readonly (readonly [key: string, old: string, fresh: string])[] {
  const before = new Map(old.settings.map(([application, key, sketch]) => [`${application}:${key}`, sketch]));
  return fresh.settings.flatMap(([application, key, sketch]) => {
    const was = before.get(`${application}:${key}`);
    return was === undefined || was === sketch ? [] : [[`${application}:${key}`, was, sketch] as const];
  });
}

/** Of several alike any one can be the counterpart: of those nothing is told. */
function only(states: readonly ProcessState[], place: string, module: string): ProcessState | undefined {
  const [found, another] = states.filter((state) => state.place === place && state.module === module);
  return another === undefined ? found : undefined;
}
