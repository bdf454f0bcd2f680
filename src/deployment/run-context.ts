import type { Engine } from '../engines/engine.js';
import type { Clock, Log } from '../system/log.js';
import type { Method } from './report.js';

/** What the run works in; everything that reaches outside comes from here. */
export interface RunContext {
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

/** What GitHub's record says about earlier deploys of a repository. */
export interface EarlierDeployments {
  /**
   * What was deployed to an environment last, and stayed; undefined where nothing was, or nobody knows of which commit it is.
   *
   * @throws Error if GitHub cannot be asked
   */
  last(environment: string): Promise<Deployed | undefined>;
  /**
   * Milliseconds for which deploys by a method were down, the latest first: of those that measured it.
   *
   * @throws Error if GitHub cannot be asked
   */
  downtimes(environment: string, method: Method): Promise<readonly number[]>;
}

export interface Deployed {
  readonly commit: string;
  /** The image's reference, where the deploy was one of hot-deploy's. */
  readonly image?: string;
  /** ISO 8601. */
  readonly at?: string;
}
