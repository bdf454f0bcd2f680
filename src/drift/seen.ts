import type { Since } from '../deployment/drift.js';
import type { Fingerprints } from '../node/config.js';
import type { ImageChange } from '../release/base.js';
import type { FileDigests, ImageRelease, RunningRelease } from '../release/release.js';
import type { Startup } from './startup.js';
import type { NodeState } from './state.js';

/** Everything that was read of one container and of the image that is meant. */
export interface Seen {
  readonly running: RunningRelease;
  readonly state: NodeState;
  /** What a boot of the running release would configure in this container. */
  readonly configured: Fingerprints | Unknown;
  readonly startup: Startup;
  /** Digests of the code's files in the container. */
  readonly beams: FileDigests;
  readonly meant: Meant;
  readonly boot: Boot | Unknown;
  /** What differs outside of the release between the image it was made from and the one that is meant. */
  readonly image: ImageChange | Unknown;
  /** ISO 8601. */
  readonly created: string;
}

export interface Unknown {
  /** Why, in words. */
  readonly unknown: string;
}

export interface Meant {
  readonly reference: string;
  /** ISO 8601; absent where the engine does not know. */
  readonly taggedAt?: string;
  /** Whether the container was made from this very image. */
  readonly madeFrom: boolean;
  readonly release: ImageRelease;
  readonly beams: FileDigests;
}

/** What two cold boots of the meant image in the container's place agree on. */
export interface Boot {
  readonly state: NodeState;
  readonly configured: Fingerprints | Unknown;
  /** Settings that each boot gives another value: `application:key`. */
  readonly noise: ReadonlySet<string>;
}

export const iso = (ms: number) => new Date(ms).toISOString();

/** What happens inside the VM leaves no time behind. */
export function sinceBoot({ state }: Pick<Seen, 'state'>): Since {
  return { after: iso(state.bootedAt), event: 'the VM started' };
}

/** When this VM loaded the running release hot; undefined where it booted it, or where nobody noted the time. */
export function loadedHotAt({ startup, state }: Pick<Seen, 'startup' | 'state'>): number | undefined {
  const { loadedAt } = startup;
  // File times are whole seconds.
  return loadedAt !== undefined && loadedAt + 1_000 > state.bootedAt ? loadedAt : undefined;
}

/** Since when container and image have gone different ways. */
export function sinceParting(seen: Pick<Seen, 'meant' | 'startup' | 'state' | 'running' | 'created'>): Since {
  const { meant, running, created } = seen;
  if (!meant.madeFrom) {
    return meant.taggedAt === undefined
      ? { after: created, event: 'the container was made' }
      : { by: meant.taggedAt, event: `${meant.reference} was last tagged` };
  }
  const loadedAt = loadedHotAt(seen);
  if (loadedAt !== undefined) {
    return { at: iso(loadedAt) };
  }
  return running.version === meant.release.version
    ? { after: created, event: 'the container was made' }
    : sinceBoot(seen);
}
