import type { ImageDetails } from '../docker/details.js';
import type { Engine } from '../docker/engine.js';
import type { Inputs } from '../inputs.js';
import type { Clock, Log } from '../log.js';
import type { ImageRelease } from '../release/release.js';
import type { Workshop } from '../release/workshop.js';

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
