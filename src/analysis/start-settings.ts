import { against } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import type { Facts } from '../release/facts.js';
import { fits } from '../release/printed.js';

export const readAtStart = 'the new release configures it differently, and it is read only when the VM starts';

// The VM and its loggers take their settings up when they start, and nobody hears of a change.
const startOnly = new Set(['kernel', 'stdlib', 'sasl', 'elixir', 'logger']);
// Elixir's own notes on where the configuration came from.
const notes = /^elixir:config_provider_/;

/** Reasons against a release that configures differently what only a start reads, by a boot of each. Pure. */
export function judgeStartSettings(old: Pick<Facts, 'settings'>, next: Pick<Facts, 'settings'>): readonly Reason[] {
  const [before, after] = [prints(old), prints(next)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => !same(before.get(key), after.get(key)))
    .toSorted()
    .map((key) => against('setting-kept', key, `${key}: ${readAtStart}. It takes a restart.`));
}

function same(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined ? one === other : fits(one, other) || fits(other, one);
}

function prints({ settings }: Pick<Facts, 'settings'>): ReadonlyMap<string, string> {
  return new Map(
    settings
      .filter(([application]) => startOnly.has(application))
      .map(([application, key, print]) => [`${application}:${key}`, print] as const)
      .filter(([key]) => !notes.test(key)),
  );
}
