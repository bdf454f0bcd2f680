import { statusOf } from '../engines/call.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { ContainerSpec, Engine } from '../engines/engine.js';
import { messageOf } from '../system/message-of.js';
import { lockName, lockSpec, readLock } from './lock-labels.js';
import type { Run } from './run.js';

/** What came of reaching for a lock once. */
export type Acquisition =
  | { readonly kind: 'ours'; readonly lock: string }
  | { readonly kind: 'taken'; readonly by: ContainerDetails }
  /** It was somebody's, and now there is none: reach again. */
  | { readonly kind: 'passing'; readonly why: string };

/** One lock, as one run would hold it. */
export interface LockRequest {
  readonly environment: string;
  readonly name: string;
  readonly run: Run;
  readonly spec: ContainerSpec;
}

export function lockRequest(environment: string, run: Run, since: string, image: ImageDetails): LockRequest {
  return { environment, name: lockName(environment), run, spec: lockSpec(environment, run, since, image) };
}

/** Of all who reach for it at once, the engine lets one have the name. */
export async function acquire(engine: Engine, { environment, name, run, spec }: LockRequest): Promise<Acquisition> {
  // Asked first, since the engine writes a line into its log for each name that it refuses.
  const standing = await engine.findContainer(name);
  if (standing !== undefined) {
    return claimed(standing);
  }
  try {
    return { kind: 'ours', lock: await engine.createContainer(name, spec) };
  } catch (error) {
    const by = await engine.findContainer(name);
    if (by !== undefined) {
      return claimed(by);
    }
    if (statusOf(error) !== 409) {
      throw error;
    }
    return { kind: 'passing', why: messageOf(error) };
  }

  /** Ours is one that was made though the answer was lost. */
  function claimed(by: ContainerDetails): Acquisition {
    const ours = readLock(by.Config.Labels, environment)?.run === run.id;
    return ours ? { kind: 'ours', lock: by.Id } : { kind: 'taken', by };
  }
}
