import type { Engine } from '../engines/engine.js';
import type { EarlierDeployments } from '../github/earlier-deployments.js';
import type { Clock, Log } from '../system/log.js';

/** What the run works in; everything that reaches outside comes from here. */
export interface World {
  readonly log: Log;
  readonly clock: Clock;
  /** Connects to the engine that the environment names. */
  readonly connect: () => Promise<Engine>;
  readonly environment: NodeJS.ProcessEnv;
  /** Absent where GitHub cannot be asked. */
  readonly deployments?: EarlierDeployments;
  /** Aborts when the run is to end: what has not begun is left out, what has begun is finished or taken back. */
  readonly signal: AbortSignal;
}
