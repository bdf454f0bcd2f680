import type { Engine } from '../../../engines/engine.js';
import type { Facts } from '../../../release/facts.js';
import type { Booted, Isolated } from '../../../release/isolation.js';
import type { Clock, Log } from '../../../system/log.js';
import type { UpgradeMaterial } from '../plan.js';
import type { Copy } from './copies.js';

/** What is rehearsed, and where. */
export interface Attempt {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly isolated: Omit<Isolated, 'image'>;
  readonly hot: UpgradeMaterial;
  readonly suspendTimeoutMs: number;
  /** States of processes that serve, where there are any. */
  readonly copies: readonly Copy[];
  /** What no copy could be had of, in words. */
  readonly uncopied: readonly string[];
  /** The team's own smoke test. */
  readonly command?: string;
}

/** What an attempt needs once what runs has come up apart. */
export interface Stage extends Attempt {
  readonly container: string;
  readonly before: Extract<Booted, { kind: 'booted' }>;
  /** A cold boot of the new release. */
  readonly booted: Facts;
  /** Of the fingerprints in the facts. */
  readonly salt: string;
}
