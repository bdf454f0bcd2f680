import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { ImageChange } from '../release/base.js';
import type { Change } from '../release/compare.js';
import type { RunningRelease } from '../release/release.js';
import type { Cache } from './cache.js';
import type { AnalysisContext } from './context.js';
import type { StartupAnalysis } from './startup.js';

/** A target as it is before anything changes, beside the release that is to run in it. */
export interface AssessedTarget {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  /** The directory of its release; in doubt that of the next one. */
  readonly root: string;
  readonly site: AnalysisContext;
  readonly shared: Cache;
  /** What a start of the container does; absent if the files of its release could not be read. */
  readonly startup?: StartupAnalysis;
  /** What its node says, and how the next release differs; absent if it cannot be asked. */
  readonly running?: {
    readonly release: RunningRelease;
    readonly change: Change;
    readonly image: ImageChange;
  };
}
