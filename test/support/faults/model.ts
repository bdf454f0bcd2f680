import { type Version, versions } from './images.js';
import type { Chance } from './seed.js';

/** One thing that somebody does, or that happens, to a container. */
export type Step =
  | { readonly do: 'deploy'; readonly version: Version; readonly strategy: 'auto' | 'restart' }
  | { readonly do: 'roll back'; readonly to: 'previous' | Version }
  /** `docker restart`. */
  | { readonly do: 'restart' }
  /** `docker rm -f` and `docker run` with the tag. */
  | { readonly do: 're-create by hand' }
  /** `docker kill` and `docker start`. */
  | { readonly do: 'kill and start' }
  /** A deploy that is killed at so manieth a call, and then a rollback that is refused, which sets right what it left first. */
  | {
      readonly do: 'killed deploy';
      readonly version: Version;
      readonly strategy: 'auto' | 'restart';
      readonly call: number;
      readonly when: 'before' | 'after';
    };

/** What has to be so. */
export interface Model {
  /** Runs, and is what a restart boots. */
  readonly runs: Version;
  /** The version of the image that the tag names. */
  readonly tag: Version;
  /** What led to what runs, which stands last. */
  readonly line: readonly Version[];
  /** All that the container ran, as far as its journal can know. */
  readonly lived: readonly Version[];
  /** It was re-created by hand: its journal went with the old one, and containers that were kept may still be known. */
  readonly forgot: boolean;
}

/** What a step must come to. */
export type Expected =
  | { readonly kind: 'done'; readonly model: Model }
  /** Nothing may change, and the run must say so. */
  | { readonly kind: 'refused' }
  /** Whether something is on record depends on what was kept: to that, or refused. */
  | { readonly kind: 'done or refused' };

export const begun: Model = fresh(1);

export function expected(model: Model, step: Exclude<Step, { do: 'killed deploy' }>): Expected {
  switch (step.do) {
    case 'deploy':
      return { kind: 'done', model: deployed(model, step.version) };
    case 'roll back':
      return rolledBack(model, step.to);
    case 'restart':
    case 'kill and start':
      return { kind: 'done', model };
    case 're-create by hand':
      return { kind: 'done', model: { ...fresh(model.tag), forgot: true } };
  }
}

function rolledBack(model: Model, wanted: 'previous' | Version): Expected {
  const { runs, line, lived, forgot } = model;
  const to = wanted === 'previous' ? line.at(-2) : [...line, ...lived].find((one) => one === wanted);
  if (to === undefined) return { kind: forgot ? 'done or refused' : 'refused' };
  // What runs already has nowhere to go back from.
  if (to === runs) return { kind: 'done or refused' };
  return { kind: 'done', model: back(model, to) };
}

export function back(model: Model, to: Version): Model {
  const at = model.line.lastIndexOf(to);
  const line = at < 0 ? [...model.line, to] : model.line.slice(0, at + 1);
  return { ...model, runs: to, tag: to, line, lived: [...model.lived, to] };
}

export function deployed(model: Model, version: Version): Model {
  if (version === model.runs) return { ...model, tag: version };
  const line = [...model.line, version];
  return { ...model, runs: version, tag: version, line, lived: [...model.lived, version] };
}

function fresh(version: Version): Model {
  return { runs: version, tag: version, line: [version], lived: [version], forgot: false };
}

/** A few steps, the same for the same seed. */
export function sequence(chance: Chance): readonly Step[] {
  return Array.from({ length: 3 + chance.below(3) }, () => step(chance));
}

function step(chance: Chance): Step {
  const version = chance.of([1, 2, 3] as const);
  const strategy = chance.of(['auto', 'auto', 'restart'] as const);
  switch (chance.below(10)) {
    case 0:
    case 1:
    case 2:
      return { do: 'deploy', version, strategy };
    case 3:
    case 4:
      return { do: 'roll back', to: chance.of(['previous', 'previous', version] as const) };
    case 5:
      return { do: 'restart' };
    case 6:
      return { do: 're-create by hand' };
    case 7:
      return { do: 'kill and start' };
    default:
      return {
        do: 'killed deploy',
        version,
        strategy,
        call: 1 + chance.below(60),
        when: chance.of(['before', 'after']),
      };
  }
}

export function spellStep(step: Step): string {
  switch (step.do) {
    case 'deploy':
      return `deploy ${versions[step.version]} ${step.strategy}`;
    case 'roll back':
      return `roll back to ${step.to === 'previous' ? step.to : versions[step.to]}`;
    case 'killed deploy':
      return `deploy ${versions[step.version]} ${step.strategy}, killed ${step.when} changing call ${step.call}`;
    default:
      return step.do;
  }
}
