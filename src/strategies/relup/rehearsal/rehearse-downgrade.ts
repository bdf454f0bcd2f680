import type { Rehearsal } from '../../../deployment/rehearsal.js';
import type { Engine } from '../../../engines/engine.js';
import { against } from '../../../reasons/make.js';
import type { Reason } from '../../../reasons/reason.js';
import type { ColdBoot } from '../../../release/cold-boot.js';
import { type Facts, readContents, readFacts } from '../../../release/facts.js';
import { type Booted, bootIsolated, type Isolated } from '../../../release/isolation.js';
import { plainName } from '../../../release/modules.js';
import { createRehearsalContainer } from '../../../release/rehearsal-container.js';
import type { ImageRelease, RunningRelease } from '../../../release/release.js';
import { asIn } from '../../../release/steady.js';
import type { Clock, Log } from '../../../system/log.js';
import { combined } from '../downgrade.js';
import { mismatches, type UpgradeManifest } from '../manifest.js';
import { prove } from '../proof.js';
import { reversed, runStep, stepTarget, type UpgradeStep } from '../step.js';
import type { AfterSwitch } from '../switch.js';
import { runCommand } from './command.js';
import { compareFacts } from './compare.js';
import { inRehearsalContainer, type Outcome } from './container.js';
import { type Copy, judgeCopies, type Migrated, migrateDown } from './copies.js';
import { findings } from './findings.js';
import { settled } from './settled.js';
import { judgeStartEffects, startEffects, startRemarks } from './start-effects.js';

/** A way back that is to be tried out, over one release or several. */
export interface DowngradeRehearsal {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly isolated: Omit<Isolated, 'image'>;
  readonly running: RunningRelease;
  /** In the order in which they are gone; at least one. */
  readonly steps: readonly UpgradeManifest[];
  /** What it goes back to, as its image holds it, and how that comes up in the container's place. */
  readonly target: { readonly release: ImageRelease; readonly boot: ColdBoot };
  readonly suspendTimeoutMs: number;
  /** States of processes that serve, where there are any, and what no copy could be had of. */
  readonly copies: readonly Copy[];
  readonly uncopied: readonly string[];
  /** The team's own smoke test. */
  readonly command?: string;
}

/**
 * Tries a way back out where nobody is served: a container of what runs now, with the earlier releases that lie in it, goes
 * down by the very relups, is compared with a cold boot of the older image, and comes up again.
 */
export async function rehearseDown(descent: DowngradeRehearsal): Promise<Rehearsal> {
  const { engine, clock, log, isolated, running, steps, target } = descent;
  const earlier = [...new Set(steps.flatMap(({ directories }) => directories.from))];
  return await inRehearsalContainer(
    { engine, clock, log, boot: target.boot },
    () => createRehearsalContainer(engine, isolated, running, earlier),
    (container) => tried(descent, container),
  );
}

async function tried(descent: DowngradeRehearsal, container: string): Promise<Outcome> {
  const { engine, clock, isolated, running, steps, target } = descent;
  const { boot, release } = target;
  const salt = boot.kind === 'booted' ? boot.salt : '';
  const before = await bootIsolated(engine, container, isolated, salt, clock);
  if (before.kind === 'failed') {
    const why = `what runs did not boot there: ${before.why.replace(/\.$/, '')}. What it needs to boot on its own can be given by rehearse-env and rehearse-network`;
    return { kind: 'unrehearsed', why };
  }
  const other = otherwise(before.facts, running, steps);
  if (other !== undefined) {
    return { kind: 'unrehearsed', why: other };
  }
  if (boot.kind === 'failed') {
    const message = `What runs boots in a container of its own, and what it is to go back to does not: ${boot.why}`;
    return { kind: 'failed', reasons: [against('rehearsal-failed', release.version, message)] };
  }
  return await rehearseSteps(descent, container, before, boot);
}

/** Why the container that came up does not stand for the one that runs. */
function otherwise(
  { identity }: Facts,
  running: RunningRelease,
  steps: readonly UpgradeManifest[],
): string | undefined {
  if (identity.version !== running.version) {
    return `a container of its own boots ${identity.version}, and ${running.version} runs: was it made permanent?`;
  }
  const differing = steps.slice(0, 1).flatMap((way) => mismatches(way, 'to', identity.modules));
  return differing.length === 0 ? undefined : `it boots other code there: ${differing.map(plainName).join(', ')}`;
}

async function rehearseSteps(
  descent: DowngradeRehearsal,
  container: string,
  before: Extract<Booted, { kind: 'booted' }>,
  boot: Extract<ColdBoot, { kind: 'booted' }>,
): Promise<Outcome> {
  const { engine, clock, running, steps, target, suspendTimeoutMs, command } = descent;
  const at = { node: before.node, root: running.root };
  const was = { ...before.facts, contents: await readContents(before.node, boot.salt) };
  const migrated = await migratedDown(descent, before);
  const smoke = command === undefined ? undefined : runCommand(engine, container, before.vm.user, command);
  const legs = steps.map((way): UpgradeStep => ({ way, direction: 'down' }));
  const gone: AfterSwitch[] = [];
  const reasons: Reason[] = [];
  for (const leg of legs) {
    const came = await runStep(at, leg, suspendTimeoutMs);
    if (came.kind !== 'arrived') {
      reasons.push(failed(stepTarget(leg), `the downgrade did not succeed: ${came.why}`));
      break;
    }
    gone.push(came.after);
  }
  const failure = await smoke;
  if (failure !== undefined) {
    reasons.push(failed('rehearse-command', `the smoke test failed: ${failure}`));
  }
  const last = gone.at(-1);
  if (gone.length < legs.length || last === undefined) {
    return { kind: 'failed', reasons };
  }
  const registered = { before: before.facts.registrations, now: last.registered.now };
  const { loads } = combined(steps);
  const { facts, compared, started } = await settled(
    clock,
    async () => {
      const facts = {
        ...(await readFacts(before.node, boot.salt)),
        contents: await readContents(before.node, boot.salt),
      };
      return {
        facts,
        compared: compareFacts(facts, boot.facts, registered, loads),
        started: startEffects(was, boot.facts, facts),
      };
    },
    ({ compared, started }) =>
      compared.states.length + compared.settings.length + started.effects.length + started.kept.length === 0,
  );
  const measure = {
    release: target.release,
    booted: boot.facts,
    rehearsed: { before: before.facts.registrations, after: boot.facts.registrations },
  };
  const { osPid, applications } = before.facts.identity;
  const tree = asIn(before.facts.tree, boot.facts.tree);
  const proof = prove(measure, { osPid, applications, tree }, { ...last, registered });
  const fresh = findings(proof, compared, 'downgrade');
  const copied = judgeCopies(migrated, { booted: boot.facts.states, before: before.facts.states }).filter(
    ({ code, subject }) => !fresh.some((reason) => reason.code === code && reason.subject === subject),
  );
  const found = [...fresh, ...copied, ...judgeStartEffects(started), ...reasons];
  if (found.length > 0) {
    return { kind: 'failed', reasons: found };
  }
  const noWayDown = await upAgain(at, legs, suspendTimeoutMs);
  return {
    kind: 'passed',
    before: before.facts.registrations,
    after: facts.registrations,
    remarks: [...compared.remarks, ...startRemarks(started), ...descent.uncopied],
    ...(noWayDown !== undefined && { noWayDown }),
  };
}

/** Of what only the first step migrates: what a copy became by then is not what the next would get. */
async function migratedDown(
  { copies, steps, running }: DowngradeRehearsal,
  { node }: Extract<Booted, { kind: 'booted' }>,
): Promise<readonly Migrated[]> {
  const [first, ...others] = steps;
  const later = new Set(others.flatMap(({ updates }) => updates));
  const own = copies.filter(({ module }) => first?.updates.includes(module) && !later.has(module));
  const to = first?.directories.from.filter((path) => path.startsWith('lib/')) ?? [];
  return await migrateDown(
    node,
    own,
    to.map((path) => `${running.root}/${path}/ebin`),
  );
}

/** Why it could not come back to where it began while it runs; undefined where it could. */
async function upAgain(
  at: Parameters<typeof runStep>[0],
  legs: readonly UpgradeStep[],
  suspendTimeoutMs: number,
): Promise<string | undefined> {
  for (const leg of [...legs].reverse().map(reversed)) {
    const came = await runStep(at, leg, suspendTimeoutMs);
    if (came.kind !== 'arrived') {
      return `the way up again to ${stepTarget(leg)} did not succeed: ${came.why}`;
    }
  }
  return undefined;
}

function failed(subject: string, what: string): Reason {
  return against(
    'rehearsal-failed',
    subject,
    `On a throw-away container ${what}. It takes a restart until that is mended.`,
  );
}
