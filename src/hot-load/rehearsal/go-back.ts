import { type Facts, readFacts } from '../../release/facts.js';
import { plainName } from '../../release/modules.js';
import { treeDifferences } from '../../release/tree-differences.js';
import { messageOf } from '../../system/message-of.js';
import { combined } from '../downgrade.js';
import { prepareStep, reversed, stepTarget } from '../step.js';
import type { AfterSwitch } from '../switch.js';
import { compareFacts } from './compare.js';
import { settled } from './settled.js';
import { judgeStartEffects, startEffects } from './start-effects.js';
import type { Stage } from './trial.js';

/** Goes the path in the other direction, and compares with what it was. Answers why there is no way back; undefined if there is. */
export async function goBack(on: Stage): Promise<string | undefined> {
  const way = on.path.direction === 'up' ? 'downgrade' : 'way up again';
  try {
    const last = await gone(on);
    if (typeof last === 'string') return `the ${way} ${last}`;
    const differing = await differences(on, last);
    return differing.length === 0 ? undefined : `after the ${way} ${differing.slice(0, 3).join('; ')}`;
  } catch (error) {
    return `the ${way} did not succeed: ${messageOf(error)}`;
  }
}

async function gone({ path, steps, suspendTimeoutMs }: Stage): Promise<AfterSwitch | string> {
  let last: AfterSwitch | string = 'has no steps';
  for (const [at, step] of steps.toReversed().map(reversed).entries()) {
    const came = await prepareStep(path.running, step, suspendTimeoutMs).go(at < steps.length - 1);
    if (came.kind !== 'arrived') return `to ${stepTarget(step)} did not succeed: ${came.why}`;
    last = came.after;
  }
  return last;
}

async function differences({ path, before, booted, clock }: Stage, last: AfterSwitch): Promise<readonly string[]> {
  const { node } = path.running;
  const { loads } = combined(path.steps);
  const { registrations } = before.facts;
  const { states, started } = await settled(
    clock,
    async () => {
      const facts = await readFacts(node, booted.salt);
      const registered = { before: registrations, now: registrations };
      const { states } = compareFacts(facts, before.facts, registered, loads);
      return { states, started: judgeStartEffects(startEffects(booted.facts, before.facts, facts)) };
    },
    (found) => found.states.length + found.started.length === 0,
  );
  const [state] = states;
  return [
    ...(state === undefined ? [] : [`${state.module}: ${state.what}`]),
    ...unlike(before.facts, last),
    ...started.map(({ subject }) => `${subject} is not as before`),
  ];
}

/** What is not as it was. */
function unlike(before: Facts, { identity, environment, tree, remaining }: AfterSwitch): readonly string[] {
  const modules = Object.keys(before.identity.modules).filter(
    (module) => before.identity.modules[module] !== identity.modules[module],
  );
  return [
    ...modules.map((module) => `${plainName(module)} is other code`),
    ...remaining.map((module) => `${plainName(module)} is still loaded`),
    ...environment.differing.map((key) => `${key} is set otherwise`),
    ...treeDifferences(tree.applications, before.tree, ({ mayEnd }) => mayEnd),
  ];
}
