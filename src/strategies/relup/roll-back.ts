import { notBack } from '../../release/tree-differences.js';
import type { UpdateContext, UpdateResult } from '../context.js';
import { recordIfPossible } from '../record.js';
import { bootAgain, runsAlready, serving } from '../serving.js';
import type { UpgradeMaterial, UpgradePlan } from './plan.js';
import { runStep } from './step.js';
import { unstage } from './switch.js';

/** What went wrong, and who takes it back: release_handler has begun to (`emulator`), we have to, or it runs already. */
interface Failure {
  readonly why: string;
  readonly by: 'emulator' | 'downgrade' | 'itself';
}

/**
 * Brings a container back to the release it ran. By downgrade where the VM still runs, since that keeps connections and
 * state; where that fails too by a restart of the container, which boots the old release as long as the new one is not
 * permanent. Says what is true in the end only after the node was asked.
 */
export async function rollBackUpgrade(work: UpdateContext, plan: UpgradePlan, failure: Failure): Promise<UpdateResult> {
  const { inputs, phase, log } = work;
  const { hot, container, name } = plan;
  if (inputs.onFailure === 'stop' && failure.by === 'downgrade') {
    return {
      outcome: 'failed',
      id: container.Id,
      message: `${name}: ${failure.why}. It was left as it is, since on-failure is stop: it runs ${hot.next.version}, which is not permanent.`,
    };
  }
  log.warning(`${name}: going back to ${hot.running.version}: ${failure.why}`);
  await recordIfPossible(work, name, 'bring-back');
  const how = await phase('roll back', async () => {
    if (failure.by === 'downgrade' && !(await runsAlready(work, container.Id, hot.running.version))) {
      const { rehearsal } = plan;
      const closed = rehearsal?.kind === 'passed' ? rehearsal.noWayDown : undefined;
      const refused = closed ?? (await downgrade(work, hot).catch((error: unknown) => String(error)));
      if (refused === undefined) {
        return 'by a hot downgrade';
      }
      log.warning(`${name}: no way back by downgrade (${refused}), so the container is restarted`);
      await bootAgain(work, container.Id, hot.running.version);
      return `by a restart of the container (no way back by downgrade: ${refused})`;
    }
    return failure.by === 'emulator' ? 'by a restart of the VM, which release_handler began' : 'without any doing';
  });
  const serves = await phase('verify running version', () => serving(work, container.Id, [hot.running.version]));
  if (serves === undefined) {
    return {
      outcome: 'failed',
      id: container.Id,
      message: `${name}: ${failure.why}. It was to go back ${how}, and since then the node did not say that it runs ${hot.running.version}. Check the container.`,
    };
  }
  await phase('unstage', () =>
    unstage(serves.node, {
      to: hot.bundle.to,
      directories: hot.bundle.directories.filter((directory) => !hot.present.includes(directory)),
    }),
  );
  await recordIfPossible(work, name, 'undone');
  return {
    outcome: 'rolled-back',
    id: container.Id,
    message: `${name}: ${failure.why}. It was brought back ${how} and runs ${serves.version} again.`,
  };
}

/**
 * The answer to the switch was lost, so what runs is unknown: asks the node. Where it runs the old release nothing is left
 * to do but to tidy up; where it runs the new one, that was never compared with a cold boot, and goes back.
 */
export async function askAfterLostAnswer(work: UpdateContext, plan: UpgradePlan, why: string): Promise<UpdateResult> {
  const { hot, container, name } = plan;
  work.log.warning(`${name}: the answer to the switch was lost (${why}), so the node is asked what it runs`);
  const runs = await work.phase('verify running version', () =>
    serving(work, container.Id, [hot.running.version, hot.next.version]),
  );
  if (runs === undefined) {
    return {
      outcome: 'failed',
      id: container.Id,
      message: `${name}: ${why} Since then the node did not say what it runs. Check the container.`,
    };
  }
  const by = runs.version === hot.running.version ? 'itself' : 'downgrade';
  return await rollBackUpgrade(work, plan, { why: `the answer to the switch was lost (${why})`, by });
}

/** Undefined where it succeeded; else why not. */
async function downgrade(
  work: UpdateContext,
  { running, bundle, tree, boot }: UpgradeMaterial,
): Promise<string | undefined> {
  const came = await runStep(running, { way: bundle.way, direction: 'down' }, work.inputs.suspendTimeoutMs);
  if (came.kind !== 'arrived') return came.why;
  if (boot.kind !== 'booted') return undefined;
  const missing = notBack(came.after.tree.applications, tree, boot.facts.tree);
  return missing.length === 0 ? undefined : `afterwards ${missing.slice(0, 3).join('; ')}`;
}
