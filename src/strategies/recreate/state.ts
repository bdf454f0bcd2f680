import type { ContainerSummary } from '../../engines/engine.js';
import { type Mark, type Names, readMark } from '../../engines/names.js';
import type { Claim } from '../../journal/entry.js';
import { belongs } from '../../journal/history.js';
import { ownName } from '../../targets/selector.js';

/** One container of a restart, as the engine lists it. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/** The containers of one restart, as far as they exist. */
export interface Replacement {
  readonly names: Names;
  /** The container whose place is taken; gone after its stop where it was started with --rm. */
  readonly old?: Place;
  /** Made before the stop of one with --rm, from its settings on its image, to be started in its stead on the way back. */
  readonly spare?: Place;
  /** The container that takes the place. */
  readonly fresh?: Place;
  /** It is no new one: an earlier container, that was kept, takes the place. */
  readonly revived: boolean;
}

/**
 * How far a restart of the container called `web` came, from the names, states and labels that the engine lists and from
 * nothing else. N is the short id of the old container; a kept one that is revived has its own short id behind it in both names.
 *
 * | web | -old-N | -new-N | means |
 * | --- | --- | --- | --- |
 * | any | – | – | `none`: no restart has begun, or it is complete |
 * | old, running | – or spare | new or – | `begun`: nothing was stopped yet, or all is back but for what is to be tidied up |
 * | old, stopped | – or spare | new or – | `stopped`: nobody serves. A spare that has the name counts like the old one |
 * | – | old or spare | new or – | `stopped`: between the renames; or, with --rm, the new one has ended and is gone |
 * | new, stopped | old or spare | – | `stopped`: it was not started yet, or has ended |
 * | new, running | old or spare | – | `switched`: it may still have to become healthy |
 * | – | – | new | `unclear`: somebody removed the old one |
 *
 * A container with --rm that was stopped may still be listed for a moment, before the engine has deleted it.
 */
export type ReplacementState =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'begun' | 'stopped' | 'switched' } & Replacement)
  | { readonly kind: 'unclear'; readonly why: string };

/** Pure. `own` is the name that users know; `containers` are all that the engine lists; `claim` is the restart's own. */
export function detectState(own: string, containers: readonly ContainerSummary[], claim: Claim): ReplacementState {
  const marked = containersBeside(own, containers, claim).map(({ mark, container }) => ({
    mark,
    place: placeOf(container),
  }));
  const [first] = marked;
  if (first === undefined) return { kind: 'none' };
  const { names, old: id, revived } = first.mark;
  if (marked.some(({ mark }) => mark.names.old !== names.old)) {
    const all = marked.map(({ place }) => place.name).join(', ');
    return { kind: 'unclear', why: `these belong to more than one restart of ${own}: ${all}` };
  }
  const at = (place: 'old' | 'fresh') => marked.find(({ mark }) => mark.place === place)?.place;
  const [kept, coming] = [at('old'), at('fresh')];
  const serving = containers.filter((container) => ownName(container) === own).map(placeOf)[0];
  const isOld = (place: Place | undefined) => place?.id.startsWith(id) === true;

  // One with --rm and its spare exist side by side until it has stopped; later the spare alone stands for it.
  const old = [serving, kept].find(isOld);
  const fresh = coming ?? (isOld(serving) ? undefined : serving);
  const spare = [serving, kept].find((place) => place !== undefined && place !== old && place !== fresh);
  if (old === undefined && spare === undefined) {
    return { kind: 'unclear', why: `${first.place.name} is there, and the container whose place it is to take is not` };
  }
  if (revived !== undefined && fresh !== undefined && !fresh.id.startsWith(revived)) {
    return { kind: 'unclear', why: `${fresh.name} is not the container that ${first.place.name} speaks of` };
  }
  const exchange: Replacement = {
    names,
    ...(old && { old }),
    ...(spare && { spare }),
    ...(fresh && { fresh }),
    revived: revived !== undefined,
  };
  if (serving?.running !== true) return { kind: 'stopped', ...exchange };
  return { kind: serving === fresh ? 'switched' : 'begun', ...exchange };
}

/**
 * The containers that stand beside `own` only during a restart. Anybody can give a container such a name, so each must be one
 * that the journal speaks of: by its id, or by the nonce that what was made has in a label. If somebody else has the name `own`
 * by now, the restart is over: it is nobody's to stop, to rename or to remove.
 */
export function containersBeside(
  own: string,
  containers: readonly ContainerSummary[],
  claim: Claim,
): readonly Beside[] {
  const serving = containers.find((container) => ownName(container) === own);
  if (serving !== undefined && !belongs(serving, claim)) return [];
  return containers.flatMap((container) => {
    const mark = readMark(own, ownName(container));
    return mark !== undefined && claim.id.startsWith(mark.old) && belongs(container, claim)
      ? [{ mark, container }]
      : [];
  });
}

export interface Beside {
  readonly mark: Mark;
  readonly container: ContainerSummary;
}

function placeOf(container: ContainerSummary): Place {
  const running = ['running', 'paused', 'restarting'].includes(container.state);
  return { id: container.id, name: ownName(container), running };
}
