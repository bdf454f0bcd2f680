import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { ImageChange } from '../release/base.js';
import type { Change } from '../release/compare.js';
import type { RunningRelease } from '../release/release.js';
import type { Shared } from './shared.js';
import type { Site } from './site.js';
import type { StartupSurvey } from './startup.js';

/** A target as it is before anything changes, beside the release that is to run in it. */
export interface Assessed {
  readonly name: string;
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  /** The directory of its release; in doubt that of the next one. */
  readonly root: string;
  readonly site: Site;
  readonly shared: Shared;
  /** What a start of the container does; absent if the files of its release could not be read. */
  readonly startup?: StartupSurvey;
  /** What its node says, and how the next release differs; absent if it cannot be asked. */
  readonly running?: {
    readonly release: RunningRelease;
    readonly change: Change;
    readonly image: ImageChange;
  };
}
