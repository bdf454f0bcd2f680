import { readAtStart } from '../../analysis/start-settings.js';
import type { Rehearsal } from '../../deployment/rehearsal.js';
import { against } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { type Facts, readContents, readFacts } from '../../release/facts.js';
import type { Booted } from '../../release/isolation.js';
import { asIn } from '../../release/steady.js';
import { steadyFacts } from '../../release/steady-facts.js';
import { messageOf } from '../../system/message-of.js';
import { combined } from '../downgrade.js';
import type { Direction } from '../manifest.js';
import { prove } from '../proof.js';
import { prepareStep, stepTarget, type UpgradeStep } from '../step.js';
import { type AfterSwitch, stage } from '../switch.js';
import { runCommand } from './command.js';
import { type Compared, compareFacts } from './compare.js';
import { inRehearsalContainer, type Outcome } from './container.js';
import { judgeCopies, type Migrated, migrateCopies, migrateDown } from './copies.js';
import { findings } from './findings.js';
import { goBack } from './go-back.js';
import { settled } from './settled.js';
import { judgeStartEffects, type StartEffects, startEffects, startRemarks } from './start-effects.js';
import type { Stage, Trial } from './trial.js';

/**
 * Tries an upgrade path out where nobody is served: a container of what runs now goes it by the very relups, with the team's
 * smoke test meanwhile, is compared with a cold boot of the image that it leads to, and goes back.
 */
export async function rehearse(trial: Trial): Promise<Rehearsal> {
  return await inRehearsalContainer(trial, (container, before, booted) => tried(trial, container, before, booted));
}

async function tried(
  trial: Trial,
  container: string,
  before: Extract<Booted, { kind: 'booted' }>,
  booted: Stage['booted'],
): Promise<Outcome> {
  const { path, oldBoot } = trial;
  // What runs is seen here a second time: what both boots of it disagree on is noise.
  const was = { ...before.facts, contents: await readContents(before.node, booted.salt) };
  const facts = oldBoot?.kind === 'booted' ? steadyFacts(was, oldBoot.facts) : was;
  const { osPid, applications } = facts.identity;
  const running = { ...path.running, node: before.node, vm: before.vm, osPid, applications };
  const steps = path.steps.map((way): UpgradeStep => ({ way, direction: path.direction }));
  const on: Stage = { ...trial, container, before: { ...before, facts }, booted, path: { ...path, running }, steps };
  const there = await goThere(on);
  if (there.kind === 'failed') return there;
  const noWayDown = await goBack(on);
  return { ...there, before: facts.registrations, ...(noWayDown !== undefined && { noWayDown }) };
}

type There =
  | Pick<Extract<Rehearsal, { kind: 'failed' }>, 'kind' | 'reasons'>
  | Pick<Extract<Rehearsal, { kind: 'passed' }>, 'kind' | 'after' | 'remarks'>;

async function goThere(on: Stage): Promise<There> {
  const { engine, container, path, bundle, command, steps, suspendTimeoutMs, copies } = on;
  const { running, direction } = path;
  const smoke = command === undefined ? undefined : runCommand(engine, container, running.vm.user, command);
  if (bundle !== undefined) await stage(engine, container, running.root, bundle);
  // On the way down it is the code that runs before which knows both states.
  const migrated = direction === 'down' ? await migratedDown(on) : undefined;
  const arrived: AfterSwitch[] = [];
  const reasons: Reason[] = [];
  for (const [at, step] of steps.entries()) {
    const came = await prepareStep(running, step, suspendTimeoutMs).go(at < steps.length - 1);
    if (came.kind !== 'arrived') {
      const kept = came.kind === 'refused' ? came.kept : undefined;
      reasons.push(
        ...(kept?.map((setting) => against('setting-kept', setting, `${setting}: ${readAtStart}.`)) ?? [
          failed(stepTarget(step), `the ${went(direction)} did not succeed: ${came.why}`),
        ]),
      );
      break;
    }
    arrived.push(came.after);
  }
  const failure = await smoke;
  if (failure !== undefined) reasons.unshift(failed('rehearse-command', `the smoke test failed: ${failure}`));
  const [first, last] = [arrived[0], arrived.at(-1)];
  if (arrived.length < steps.length || first === undefined || last === undefined) return { kind: 'failed', reasons };
  const after = { ...last, registered: { before: first.registered.before, now: last.registered.now } };
  try {
    return await judged(on, after, migrated ?? (await migrateCopies(running.node, copies)), reasons);
  } catch (error) {
    const why = messageOf(error).replace(/\.$/, '');
    const unseen = failed(on.target.release.version, `what came of the ${went(direction)} could not be seen: ${why}`);
    return { kind: 'failed', reasons: [...reasons, unseen] };
  }
}

/** Of what only the first step migrates: what a copy became by then is not what the next would get. */
async function migratedDown({ copies, path, before }: Stage): Promise<readonly Migrated[]> {
  const [first, ...others] = path.steps;
  const later = new Set(others.flatMap(({ updates }) => updates));
  const own = copies.filter(({ module }) => first?.updates.includes(module) && !later.has(module));
  const to = first?.directories.from.filter((directory) => directory.startsWith('lib/')) ?? [];
  return await migrateDown(
    before.node,
    own,
    to.map((directory) => `${path.running.root}/${directory}/ebin`),
  );
}

async function judged(
  on: Stage,
  after: AfterSwitch,
  migrated: readonly Migrated[],
  reasons: readonly Reason[],
): Promise<There> {
  const { path, booted, before, target, uncopied } = on;
  const { facts, compared, started } = await compare(on, after);
  const measure = {
    release: target.release,
    booted: booted.facts,
    rehearsed: { before: before.facts.registrations, after: booted.facts.registrations },
  };
  const tree = asIn(before.facts.tree, booted.facts.tree);
  const fresh = findings(prove(measure, { ...path.running, tree }, after), compared, went(path.direction));
  const copied = judgeCopies(migrated, { booted: booted.facts.states, before: before.facts.states }).filter(
    ({ code, subject }) => !fresh.some((reason) => reason.code === code && reason.subject === subject),
  );
  const found = [...fresh, ...copied, ...judgeStartEffects(started), ...reasons];
  if (found.length > 0) return { kind: 'failed', reasons: found };
  const remarks = [...compared.remarks, ...startRemarks(started), ...uncopied];
  return { kind: 'passed', after: facts.registrations, remarks };
}

/** A process may still be about to take up what it was told last: only what stays different differs. */
async function compare(
  { clock, path, before, booted }: Stage,
  { registered }: AfterSwitch,
): Promise<{ readonly facts: Facts; readonly compared: Compared; readonly started: StartEffects }> {
  const { node } = path.running;
  const { loads } = combined(path.steps);
  return await settled(
    clock,
    async () => {
      const facts = await readFacts(node, booted.salt);
      return {
        facts,
        compared: compareFacts(facts, booted.facts, registered, loads),
        started: startEffects(before.facts, booted.facts, facts),
      };
    },
    ({ compared, started }) =>
      compared.states.length + compared.settings.length + started.effects.length + started.kept.length === 0,
  );
}

const went = (direction: Direction) => (direction === 'up' ? 'upgrade' : 'downgrade');

function failed(subject: string, what: string): Reason {
  const message = `On a throw-away container ${what}. It takes a restart until that is mended.`;
  return against('rehearsal-failed', subject, message);
}
