import type { Rehearsal } from '../../deployment/rehearsal.js';
import { against } from '../../reasons/make.js';
import type { Facts } from '../../release/facts.js';
import { type Booted, bootIsolated } from '../../release/isolation.js';
import { plainName } from '../../release/modules.js';
import { createRehearsalContainer } from '../../release/rehearsal-container.js';
import { messageOf } from '../../system/message-of.js';
import { combined } from '../downgrade.js';
import type { Stage, Trial } from './trial.js';

/** What came of a rehearsal, apart from what it cost. */
export type Outcome<R = Rehearsal> = R extends unknown ? Omit<R, 'ms' | 'bootMs'> : never;

type Tried = (
  container: string,
  before: Extract<Booted, { kind: 'booted' }>,
  booted: Stage['booted'],
) => Promise<Outcome>;

/** Tries something out in a container of what runs, which is removed again, and says what it took. */
export async function inRehearsalContainer(trial: Trial, tried: Tried): Promise<Rehearsal> {
  const { engine, clock, log, isolated, path, target } = trial;
  const began = clock.now();
  const bootMs = target.boot.kind === 'booted' ? { bootMs: Math.round(target.boot.ms) } : {};
  const cost = () => ({ ms: Math.round(clock.now() - began), ...bootMs });
  // What lies in the container for the way down was not there when its image was made.
  const earlier = path.direction === 'up' ? [] : path.steps.flatMap(({ directories }) => directories.from);
  try {
    const container = await createRehearsalContainer(engine, isolated, path.running, [...new Set(earlier)]);
    try {
      return { ...(await booted(trial, container, tried)), ...cost() };
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

async function booted(trial: Trial, container: string, tried: Tried): Promise<Outcome> {
  const { engine, clock, isolated, target } = trial;
  const { boot, release } = target;
  const salt = boot.kind === 'booted' ? boot.salt : '';
  const before = await bootIsolated(engine, container, isolated, salt, clock);
  if (before.kind === 'failed') {
    const why = `what runs did not boot there: ${before.why.replace(/\.$/, '')}. What it needs to boot on its own can be given by rehearse-env and rehearse-network`;
    return { kind: 'unrehearsed', why };
  }
  const other = unlike(before.facts, trial);
  if (other !== undefined) return { kind: 'unrehearsed', why: other };
  if (boot.kind === 'failed') {
    const message = `What runs boots in a container of its own, and ${release.version} does not: ${boot.why}`;
    return { kind: 'failed', reasons: [against('rehearsal-failed', release.version, message)] };
  }
  return await tried(container, before, boot);
}

/** Why the container that came up does not stand for the one that runs. */
function unlike({ identity }: Facts, { path: { running, steps } }: Trial): string | undefined {
  if (identity.version !== running.version) {
    return `a container of its own boots ${identity.version}, and ${running.version} runs: was it made permanent?`;
  }
  const { loads } = combined(steps);
  const differing = loads.filter((module) => identity.modules[module] !== running.modules[module]);
  return differing.length === 0 ? undefined : `it boots other code there: ${differing.map(plainName).join(', ')}`;
}
