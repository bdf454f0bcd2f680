import type { Version } from '../journal/entry.js';
import { lastOf } from '../journal/history.js';

/** What is known of one container's past. */
export interface History {
  readonly name: string;
  /** What led to what runs, which is its last. */
  readonly line: readonly Version[];
  /** All that it ever ran as far as is on record, oldest first. */
  readonly lived: readonly Version[];
  /** What the containers that are kept of it run, oldest first. */
  readonly kept: readonly Version[];
}

export type FoundVersion =
  | { readonly kind: 'found'; readonly target: Version }
  /** It is what runs already. */
  | { readonly kind: 'runs'; readonly target: Version }
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * Finds what one container is to go back to; pure. What is no version and no commit on record may still be an image.
 *
 * @param image the id of what the engine has by that name now, if it has any
 */
export function findVersion(to: string, { name, line, lived, kept }: History, image?: string): FoundVersion {
  const runs = line.at(-1);
  const known = [...kept, ...lived, ...line];
  // One that was re-created by hand has no record of its own, and what was kept from before may be all there is.
  const before = line.at(-2) ?? (lived.length === 0 ? other(kept, runs) : undefined);
  const target = to === 'previous' ? before : named(to, known, image);
  if (target === undefined) {
    const nothing =
      to === 'previous'
        ? `Nothing is on record of what ${name} ran before ${runs?.version ?? 'this'}: it was never deployed to, or was re-created by hand since`
        : `${to} is no version, no commit and no image that ${name} is known to have run`;
    return { kind: 'unknown', why: `${nothing}. ${onRecord(known)}` };
  }
  return { kind: runs !== undefined && lastOf([runs], target) === 0 ? 'runs' : 'found', target };
}

/** The last that is not what runs. */
function other(known: readonly Version[], runs: Version | undefined): Version | undefined {
  return known.findLast((one) => runs === undefined || lastOf([runs], one) < 0);
}

/** The newest of that version, image or commit. A name of an image is what it means now: on record is what it meant then. */
function named(to: string, all: readonly Version[], now: string | undefined): Version | undefined {
  const moved = ({ image }: Version) => now !== undefined && image !== now;
  return (
    all.findLast(({ version }) => version === to) ??
    all.findLast((one) => (one.reference === to || one.image === to) && !moved(one)) ??
    (/^[0-9a-f]{7,40}$/i.test(to) ? all.findLast(({ commit }) => commit?.startsWith(to.toLowerCase())) : undefined) ??
    all.findLast(({ image }) => image === now)
  );
}

const mostNamed = 10;

function onRecord(all: readonly Version[]): string {
  const names = [...new Set(all.map(({ version, image }) => version ?? image.slice(0, 19)))];
  return names.length === 0
    ? 'Name an image of the engine by `to`.'
    : `On record are ${names.slice(-mostNamed).join(', ')}; an image of the engine can be named too.`;
}
