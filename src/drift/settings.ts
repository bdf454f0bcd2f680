import type { Difference } from '../deployment/drift.js';
import type { Fingerprints } from '../node/config.js';
import { type Seen, sinceBoot, sinceParting, type Unknown } from './seen.js';

type Prints = ReadonlyMap<string, string>;

// What VM this is stands in their environment; of theirs only what is configured counts.
const platform = /^(kernel|stdlib):/;
// Elixir's own notes on where the configuration came from.
const notes = /^elixir:config_provider_/;

/** Keys whose value is not what a cold boot would configure. */
export function settingDifferences(seen: Seen): readonly Difference[] {
  const { configured, state, boot } = seen;
  if ('unknown' in configured) {
    return [];
  }
  const now = prints(state.environment);
  const here = prints(configured);
  const booted = 'unknown' in boot ? undefined : prints(boot.state.environment);
  const there = 'unknown' in boot || isUnknown(boot.configured) ? undefined : prints(boot.configured);
  const noise = 'unknown' in boot ? new Set() : boot.noise;
  const steady = ([key]: Named[number]) => !noise.has(key);
  return [
    ...atRunTime(now, here, booted, there)
      .filter(steady)
      .map(([subject, message]): Difference => ({ kind: 'setting', subject, message, since: sinceBoot(seen) })),
    // Of the same release, the container's own files and environment decide, which a cold boot elsewhere lacks in part.
    ...(there === undefined || sameConfiguration(seen) ? [] : configuredDifferently(here, there))
      .filter(steady)
      .map(([subject, message]): Difference => ({ kind: 'setting', subject, message, since: sinceParting(seen) })),
  ];
}

type Named = readonly (readonly [key: string, message: string])[];

function atRunTime(now: Prints, here: Prints, booted: Prints | undefined, there: Prints | undefined): Named {
  return keys(now, here).flatMap((key) => {
    const [actual, wanted] = [now.get(key), here.get(key)];
    const setByBoot = booted?.get(key) !== there?.get(key);
    if (actual === wanted || (platform.test(key) && wanted === undefined)) {
      return [];
    }
    // What the release sets by itself whenever it starts is no drift, whatever the value.
    if (booted !== undefined && (actual === booted.get(key) || setByBoot)) {
      return [];
    }
    if (actual === undefined) {
      return [[key, 'was unset at run time, and is configured: a restart brings it back']];
    }
    return [
      [
        key,
        wanted === undefined
          ? 'was set at run time, and is not configured: a restart drops it'
          : 'was set at run time to another value than the configured one: a restart takes that back',
      ],
    ];
  });
}

function configuredDifferently(here: Prints, there: Prints): Named {
  return keys(here, there).flatMap((key): Named => {
    const [mine, image] = [here.get(key), there.get(key)];
    if (mine === image) {
      return [];
    }
    if (mine === undefined) {
      return [[key, 'is configured by the image, and not in what runs']];
    }
    return [
      [
        key,
        image === undefined
          ? 'is configured in what runs, and not by the image'
          : 'is configured differently by the image',
      ],
    ];
  });
}

function sameConfiguration({ running, meant }: Seen): boolean {
  const { release } = meant;
  return running.version === release.version && configurationFiles(running.files, release.files).length === 0;
}

// What relx renders from a template says nothing by itself.
const configuration = /^releases\/VSN\/(sys\.config(\.src)?|runtime\.exs)$/;

/** Files that configure the release and differ. */
export function configurationFiles(
  now: Readonly<Record<string, string>>,
  then: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set([...Object.keys(now), ...Object.keys(then)])]
    .filter((path) => configuration.test(path) && !(`${path}.src` in then) && now[path] !== then[path])
    .sort();
}

const isUnknown = (value: Fingerprints | Unknown): value is Unknown => 'unknown' in value;

const prints = (list: Fingerprints): Prints =>
  new Map(
    list
      .map(([application, key, print]) => [`${application}:${key}`, print] as const)
      .filter(([name]) => !notes.test(name)),
  );

const keys = (one: Prints, other: Prints) => [...new Set([...one.keys(), ...other.keys()])].sort();
