import type { Facts, ProcessState, Registrations } from '../../release/facts.js';
import { plainName } from '../../release/modules.js';
import { fits } from '../../release/printed.js';
import { leftRegistrations } from '../../release/registrations.js';
import { difference, type Shape } from '../../release/shape.js';

/** What a release that was upgraded has made of itself, beside what a boot of it makes. Pure. */
export interface Compared {
  /** Processes whose state nobody brought into the shape that their new code makes. */
  readonly states: readonly { readonly place: string; readonly module: string; readonly what: string }[];
  /** Settings that are missing after the upgrade, or have another value than after a cold boot. */
  readonly settings: readonly string[];
  /** What differs and does no harm: somebody must know, nobody must act. */
  readonly remarks: readonly string[];
}

/** @param loaded modules whose code is another than before: what neither runs nor keeps anything of them stays as it is */
export function compareFacts(
  upgraded: Facts,
  booted: Facts,
  registered: { readonly before: Registrations; readonly now: Registrations },
  loaded: readonly string[],
): Compared {
  const settings = compareSettings(upgraded, booted);
  return {
    states: compareStates(upgraded.states, booted.states, new Set(loaded)),
    settings,
    remarks: leftRegistrations(booted.registrations, registered).map(
      (name) => `${name} is left, and a cold boot has none`,
    ),
  };
}

function compareStates(
  upgraded: readonly ProcessState[],
  booted: readonly ProcessState[],
  loaded: ReadonlySet<string>,
): Compared['states'] {
  return upgraded
    .filter(
      ({ module, shape }) => module === agent || loaded.has(module) || structs(shape).some((of) => loaded.has(of)),
    )
    .flatMap(({ place, module, shape }) => {
      // Of a dynamic supervisor's children any one can be the counterpart.
      const wanted = booted.filter((other) => other.place === place && other.module === module);
      const at = module === agent ? 'what it keeps' : undefined;
      const differences = wanted.map((other) => difference(shape, other.shape, at));
      const [what] = differences;
      return what === undefined || differences.includes(undefined) ? [] : [{ place, module: plainName(module), what }];
    });
}

/** What an Agent keeps is made by whoever started it, whose code may be new: its own module never tells. */
const agent = 'Elixir.Agent.Server';

/** A module that did not change may keep a struct that did. */
function structs(shape: Shape): readonly string[] {
  if (typeof shape === 'string') {
    return [];
  }
  return 'elements' in shape
    ? shape.elements.flatMap(structs)
    : [...(shape.struct === undefined ? [] : [shape.struct]), ...Object.values(shape.members).flatMap(structs)];
}

// What the VM and the platform keep there is about the VM.
const platform = new Set(['kernel', 'stdlib', 'sasl', 'elixir', 'logger', 'compiler']);

function compareSettings(upgraded: Facts, booted: Facts): readonly string[] {
  const key = ([application, name]: Facts['settings'][number]) => `${application}:${name}`;
  const own = booted.settings.filter(([application]) => !platform.has(application));
  const now = new Map(upgraded.settings.map((setting) => [key(setting), setting[2]]));
  return own
    .filter((setting) => {
      const its = now.get(key(setting));
      return its === undefined || !fits(its, setting[2]);
    })
    .map(key);
}
