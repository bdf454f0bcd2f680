import type { Rehearsal } from '../../../deployment/rehearsal.js';
import type { Engine } from '../../../engines/engine.js';
import type { ColdBoot } from '../../../release/cold-boot.js';
import type { Clock, Log } from '../../../system/log.js';
import { messageOf } from '../../../system/message-of.js';

/** What came of a rehearsal, apart from what it cost. */
export type Outcome<R = Rehearsal> = R extends unknown ? Omit<R, 'ms' | 'bootMs'> : never;

interface Place {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  /** What it is compared with, also in what it costs. */
  readonly boot: ColdBoot;
}

/** Tries something out in a container that is removed again, and says what it took. */
export async function inRehearsalContainer(
  { engine, clock, log, boot }: Place,
  create: () => Promise<string>,
  tried: (container: string) => Promise<Outcome>,
): Promise<Rehearsal> {
  const began = clock.now();
  const bootMs = boot.kind === 'booted' ? { bootMs: Math.round(boot.ms) } : {};
  const cost = () => ({ ms: Math.round(clock.now() - began), ...bootMs });
  try {
    const container = await create();
    try {
      return { ...(await tried(container)), ...cost() };
    } finally {
      // What came of it counts all the same.
      await engine
        .removeContainer(container, { force: true, volumes: true })
        .catch((error: unknown) => log.warning(`Remove the throw-away container ${container}: ${messageOf(error)}`));
    }
  } catch (error) {
    // Whatever fails from the switch on is told as such: up to there nothing was learnt about the way.
    return { kind: 'unrehearsed', why: `the rehearsal could not be held: ${messageOf(error)}`, ...cost() };
  }
}
