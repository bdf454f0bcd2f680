import type { Rehearsal } from '../../../deployment/rehearsal.js';
import { against } from '../../../reasons/make.js';
import { type Facts, readContents } from '../../../release/facts.js';
import { bootIsolated } from '../../../release/isolation.js';
import { plainName } from '../../../release/modules.js';
import { createRehearsalContainer } from '../../../release/rehearsal-container.js';
import { steadyFacts } from '../../../release/steady-facts.js';
import type { UpgradeMaterial } from '../plan.js';
import { inRehearsalContainer, type Outcome } from './container.js';
import type { Attempt, Stage } from './trial.js';
import { tryDowngrade } from './try-downgrade.js';
import { tryUpgrade } from './try-upgrade.js';

/**
 * Tries an upgrade out where nobody is served: a container of what runs now gets the very bundle, is compared with a cold
 * boot of the new image, goes back, and is compared with what it was.
 */
export async function rehearse(attempt: Attempt): Promise<Rehearsal> {
  const { engine, clock, log, isolated, hot } = attempt;
  return await inRehearsalContainer(
    { engine, clock, log, boot: hot.boot },
    () => createRehearsalContainer(engine, isolated, hot.running),
    (container) => tried(attempt, container),
  );
}

async function tried(attempt: Attempt, container: string): Promise<Outcome> {
  const { engine, clock, isolated, hot } = attempt;
  const { boot, next } = hot;
  const salt = boot.kind === 'booted' ? boot.salt : '';
  const before = await bootIsolated(engine, container, isolated, salt, clock);
  if (before.kind === 'failed') {
    const why = `what runs did not boot there: ${before.why.replace(/\.$/, '')}. What it needs to boot on its own can be given by rehearse-env and rehearse-network`;
    return { kind: 'unrehearsed', why };
  }
  const other = unlike(before.facts, hot);
  if (other !== undefined) {
    return { kind: 'unrehearsed', why: other };
  }
  if (boot.kind === 'failed') {
    const message = `What runs boots in a container of its own, and the new release does not: ${boot.why}`;
    return { kind: 'failed', reasons: [against('rehearsal-failed', next.version, message)] };
  }
  // What runs is seen here a second time: what both boots of it disagree on is noise.
  const was = { ...before.facts, contents: await readContents(before.node, salt) };
  const facts = hot.oldBoot.kind === 'booted' ? steadyFacts(was, hot.oldBoot.facts) : was;
  const steady = { ...before, facts };
  const stage = { ...attempt, container, before: steady, booted: boot.facts, salt, hot: elsewhere(hot, steady) };
  const up = await tryUpgrade(stage);
  if (up.kind === 'failed') {
    return up;
  }
  const noWayDown = await tryDowngrade(stage);
  return {
    ...up,
    remarks: [...up.remarks, ...attempt.uncopied],
    before: facts.registrations,
    ...(noWayDown !== undefined && { noWayDown }),
  };
}

/** Why the container that came up does not stand for the one that runs. */
function unlike({ identity }: Facts, { running, bundle }: UpgradeMaterial): string | undefined {
  if (identity.version !== running.version) {
    return `a container of its own boots ${identity.version}, and ${running.version} runs: was it made permanent?`;
  }
  const differing = bundle.loads.filter((module) => identity.modules[module] !== running.modules[module]);
  return differing.length === 0 ? undefined : `it boots other code there: ${differing.map(plainName).join(', ')}`;
}

/** The same upgrade, of another node. */
function elsewhere(hot: UpgradeMaterial, { node, vm, facts }: Stage['before']): UpgradeMaterial {
  const { osPid, applications } = facts.identity;
  return { ...hot, running: { ...hot.running, node, vm, osPid, applications }, tree: facts.tree };
}
