import { type Facts, readContents, readFacts } from '../../../release/facts.js';
import { plainName } from '../../../release/modules.js';
import { treeDifferences } from '../../../release/tree-differences.js';
import { messageOf } from '../../../system/message-of.js';
import { baselineOfNew, down } from '../direction.js';
import type { AfterSwitch } from '../switch.js';
import { compareFacts } from './compare.js';
import { settled } from './settled.js';
import { judgeStartEffects, startEffects } from './start-effects.js';
import { attempted } from './switching.js';
import type { Stage } from './trial.js';

/** Downgrades, and compares with the cold boot that it was. Answers why there is no way back; undefined where there is. */
export async function tryDowngrade(on: Stage): Promise<string | undefined> {
  try {
    return await downAndCompare(on);
  } catch (error) {
    return `the downgrade did not succeed: ${messageOf(error)}`;
  }
}

async function downAndCompare({
  hot,
  before,
  booted,
  suspendTimeoutMs,
  clock,
  salt,
}: Stage): Promise<string | undefined> {
  const { node } = hot.running;
  const switched = await attempted(down(hot, suspendTimeoutMs), () => baselineOfNew(hot));
  if ('why' in switched) {
    return `the downgrade did not succeed: ${switched.why}`;
  }
  const { registrations } = before.facts;
  const { states, started } = await settled(
    clock,
    async () => {
      const facts = { ...(await readFacts(node, salt)), contents: await readContents(node, salt) };
      const registered = { before: registrations, now: registrations };
      const { states } = compareFacts(facts, before.facts, registered, hot.bundle.loads);
      return { states, started: judgeStartEffects(startEffects(booted, before.facts, facts)) };
    },
    (found) => found.states.length + found.started.length === 0,
  );
  const [state] = states;
  const differing = [
    ...(state === undefined ? [] : [`${state.module}: ${state.what}`]),
    ...unlike(before.facts, switched),
    ...started.map(({ subject }) => `${subject} is not as before`),
  ];
  return differing.length === 0 ? undefined : `after the downgrade ${differing.slice(0, 3).join('; ')}`;
}

/** What is not as it was before the upgrade. */
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
