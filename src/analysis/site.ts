import type { Inputs } from '../config/inputs.js';
import type { ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { ImageRelease } from '../release/release.js';
import type { Workshop } from '../release/workshop.js';
import type { Clock, Log } from '../system/log.js';

/** What a survey works with; nothing of it is changed. */
export interface Site {
  readonly engine: Engine;
  readonly log: Log;
  readonly clock: Clock;
  readonly inputs: Inputs;
  readonly workshop: Workshop;
  readonly next: ImageRelease;
  readonly image: ImageDetails;
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
}
