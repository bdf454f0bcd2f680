import type { Inputs } from '../config/inputs.js';
import { Unreadable } from '../engines/call.js';
import type { Engine } from '../engines/engine.js';
import type { Version } from '../journal/entry.js';
import { Refusal } from '../reasons/refusal.js';
import { imageGone } from '../rollout/decide.js';
import { findDowngradePath } from '../strategies/relup/downgrade.js';
import { downgradeUpdate } from '../strategies/relup/index.js';
import type { TargetPlan } from '../strategies/strategy.js';
import type { TargetHistory } from './history.js';

/**
 * How containers go back to a version whose image is gone: hot, or not at all.
 *
 * @throws Refusal that says for which of them there is no way
 */
export async function plansWithoutImage(
  engine: Engine,
  inputs: Inputs,
  target: Version,
  pasts: readonly TargetHistory[],
): Promise<readonly TargetPlan[]> {
  return await Promise.all(pasts.map((past) => planWithoutImage(engine, inputs, target, past)));
}

async function planWithoutImage(
  engine: Engine,
  inputs: Inputs,
  { version, image, reference }: Version,
  { name, container, reading }: TargetHistory,
): Promise<TargetPlan> {
  const gone = `The engine no longer has the image ${reference ?? image} of ${version ?? 'what ran before'}`;
  const help = 'Pull it or build it again, and name it by `to`.';
  const oldImage = await engine.findImage(container.Image);
  if (oldImage === undefined) {
    throw new Refusal(imageGone(name, container.Image));
  }
  if (reading.kind !== 'running' || version === undefined || inputs.strategy === 'restart') {
    throw new Refusal(`${gone}, and ${name} could go back only by a restart. ${help}`);
  }
  const { release: running } = reading;
  const { root } = running;
  const base = { name, container, oldImage, from: running.version, root, reasons: [] };
  if (running.version === version) {
    return base;
  }
  const found = await findDowngradePath(engine, container.Id, running, version, inputs.suspendTimeoutMs).catch(
    (error: unknown) => {
      throw error instanceof Unreadable
        ? new Refusal(`${gone}, and ${name} cannot be read. ${error.message} ${help}`, { cause: error })
        : error;
    },
  );
  if (found.kind === 'closed') {
    const why = found.reasons.map(({ code, subject }) => `${code} (${subject})`).join(', ');
    throw new Refusal(`${gone}, and ${name} cannot go back hot: ${why}. ${help}`);
  }
  return { ...base, update: downgradeUpdate({ running, steps: found.steps }) };
}
