import type { ContainerSummary } from '../docker/engine.js';
import { type Names, readMark } from '../docker/names.js';
import { ownName } from '../docker/selector.js';

/** One container of a restart, as the engine lists it. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/** The containers of one restart, as far as they exist. */
export interface Exchange {
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
 * How far a restart of the container called `web` came, from the names and states that the engine lists and from nothing
 * else. N is the short id of the old container; a kept one that is revived has its own short id behind it in both names.
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
export type Situation =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'begun' | 'stopped' | 'switched' } & Exchange)
  | { readonly kind: 'unclear'; readonly why: string };

/** Pure. `own` is the name that users know; `containers` are all that the engine lists. */
export function situation(own: string, containers: readonly ContainerSummary[]): Situation {
  const marked = containers.flatMap((container) => {
    const mark = readMark(own, ownName(container));
    return mark === undefined ? [] : [{ mark, place: placeOf(container) }];
  });
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
  const exchange: Exchange = {
    names,
    ...(old && { old }),
    ...(spare && { spare }),
    ...(fresh && { fresh }),
    revived: revived !== undefined,
  };
  if (serving?.running !== true) return { kind: 'stopped', ...exchange };
  return { kind: serving === fresh ? 'switched' : 'begun', ...exchange };
}

function placeOf(container: ContainerSummary): Place {
  const running = ['running', 'paused', 'restarting'].includes(container.state);
  return { id: container.id, name: ownName(container), running };
}
