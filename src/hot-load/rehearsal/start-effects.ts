import { against, few } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { missingEffects, type StartEffect } from '../../release/contents.js';
import type { Facts } from '../../release/facts.js';
import { type KeptValue, keptValues } from '../../release/kept-settings.js';
import { plainPlace } from '../../release/modules.js';

/** What a start does beside starting processes, and an upgrade does not by itself. */
export interface StartEffects {
  readonly effects: readonly StartEffect[];
  readonly kept: readonly KeptValue[];
  /** Tables that were not compared. */
  readonly skipped: readonly string[];
}

/** Compares what was upgraded with boots of both releases; pure. Nothing is found where a boot's contents are not known. */
export function startEffects(old: Facts, fresh: Facts, upgraded: Facts): StartEffects {
  return {
    effects:
      old.contents === undefined || fresh.contents === undefined || upgraded.contents === undefined
        ? []
        : missingEffects(old.contents, fresh.contents, upgraded.contents),
    kept: keptValues(old, fresh, upgraded),
    skipped: [...new Set([old, fresh, upgraded].flatMap((facts) => facts.contents?.skipped ?? []))],
  };
}

/** Those that close the hot way. */
export function judgeStartEffects({ effects, kept }: StartEffects): readonly Reason[] {
  return [
    ...effects.map((effect) =>
      against(
        'start-effects-missing',
        plainPlace(effect.table),
        `${plainPlace(effect.table)} is not as after a cold boot: ${differences(effect)}. Only a start puts that there: do it in the application's config_change/3, too, or leave it to a restart.`,
      ),
    ),
    ...kept.flatMap(({ place, setting }) =>
      setting === undefined
        ? []
        : [
            against(
              'setting-kept',
              `${plainPlace(place)}: ${setting}`,
              `${plainPlace(place)} took ${setting} when it started, and keeps the old value. Read the setting when it is used, or take it up in code_change or config_change; otherwise it takes a restart.`,
            ),
          ],
    ),
  ];
}

/** A row of which both the old and the new is named has only another value. */
function differences({ missing, left }: StartEffect): string {
  const named = (words: string, keys: readonly string[]) =>
    keys.length > 0 ? [`${words} ${plainPlace(few(keys, 3))}`] : [];
  return [
    ...named(
      'it lacks',
      missing.filter((key) => !left.includes(key)),
    ),
    ...named(
      'it still has',
      left.filter((key) => !missing.includes(key)),
    ),
    ...named(
      'it keeps the old value of',
      missing.filter((key) => left.includes(key)),
    ),
  ].join(', and ');
}

/** Those that somebody should know of. */
export function startRemarks({ kept, skipped }: StartEffects): readonly string[] {
  return [
    ...kept.flatMap(({ place, setting }) =>
      setting === undefined
        ? [`${plainPlace(place)} keeps a value in its state that a boot of the new release makes otherwise`]
        : [],
    ),
    ...(skipped.length > 0
      ? [
          `these tables were not compared, since they are large, private or other in each boot: ${plainPlace(few(skipped))}`,
        ]
      : []),
  ];
}
