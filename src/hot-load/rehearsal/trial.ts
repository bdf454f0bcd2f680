import type { Engine } from '../../engines/engine.js';
import type { ColdBoot } from '../../release/cold-boot.js';
import type { Booted, Isolated } from '../../release/isolation.js';
import type { ImageRelease, RunningRelease } from '../../release/release.js';
import type { Clock, Log } from '../../system/log.js';
import type { Bundle } from '../bundle.js';
import type { UpgradePath } from '../path.js';
import type { UpgradeStep } from '../step.js';
import type { Copy } from './copies.js';

/** An upgrade path that is to be tried out, and what it is compared with. */
export interface Trial {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly isolated: Omit<Isolated, 'image'>;
  readonly path: Pick<UpgradePath, 'direction' | 'steps'> & { readonly running: RunningRelease };
  /** The release that it leads to, as its image holds it, and how that comes up in the container's place. */
  readonly target: { readonly release: ImageRelease; readonly boot: ColdBoot };
  /** How what runs comes up there; absent if that was not looked at. */
  readonly oldBoot?: ColdBoot;
  /** What has to be brought for it; absent if the releases lie in the container. */
  readonly bundle?: Bundle;
  readonly suspendTimeoutMs: number;
  /** States of processes that serve, where there are any. */
  readonly copies: readonly Copy[];
  /** What no copy could be had of, in words. */
  readonly uncopied: readonly string[];
  /** The team's own smoke test. */
  readonly command?: string;
}

/** A trial once what runs has come up apart. */
export interface Stage extends Trial {
  readonly container: string;
  readonly before: Extract<Booted, { kind: 'booted' }>;
  readonly booted: Extract<ColdBoot, { kind: 'booted' }>;
  readonly steps: readonly UpgradeStep[];
}
