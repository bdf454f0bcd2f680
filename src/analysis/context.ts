import type { Inputs } from '../config/inputs.js';
import type { ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { ImageRelease } from '../release/release.js';
import type { Toolbox } from '../release/toolbox.js';
import type { Clock, Log } from '../system/log.js';

/** What a survey works with; nothing of it is changed. */
export interface AnalysisContext {
  readonly engine: Engine;
  readonly log: Log;
  readonly clock: Clock;
  readonly inputs: Inputs;
  readonly workshop: Toolbox;
  readonly next: ImageRelease;
  readonly image: ImageDetails;
  /** The version of `next` where that is decided; else it depends on what runs. */
  readonly version?: string;
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
}
