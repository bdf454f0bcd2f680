import type { Recovered } from '../deployment/report.js';
import type { Engine } from '../engines/engine.js';
import type { Entry, Step } from '../journal/entry.js';
import { belongs } from '../journal/history.js';
import type { Journal } from '../journal/journal.js';
import { Refusal } from '../reasons/refusal.js';
import { strategyNames } from '../reasons/strategies.js';
import type { CurrentRun } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { strategies } from '../strategies/index.js';
import type { Recovery, RecoveryContext, RecoveryResult } from '../strategies/recovery.js';
import { giveBack } from '../strategies/recreate/lent-name.js';
import { messageOf } from '../system/message-of.js';
import { findInterrupted, type InterruptedRun, type InterruptedTarget } from './interrupted.js';
import { Unrecovered } from './unrecovered.js';

/**
 * Finishes or undoes what runs that were cut off have left of the containers that are meant, and of those that were to
 * change with them. Nobody else may be at it: the environment's lock is held.
 *
 * @throws Refusal where it is another environment's
 * @throws Unrecovered where manual intervention is required
 */
export async function recover(engine: Engine, draft: CurrentRun, journal: Journal): Promise<readonly Recovered[]> {
  const { inputs, world } = draft;
  const around = { engine, inputs, log: world.log, clock: world.clock };
  const cutOff = await steps(world)('Look for interrupted runs', () => findInterrupted(engine, inputs.containers));
  refuseOthers(cutOff, inputs.environment);
  const lent = cutOff.flatMap(({ containers }) => containers.flatMap(({ last }) => last.to.reference ?? []));
  for (const reference of new Set([...lent, ...(inputs.image ? [inputs.image] : [])])) {
    const isBorrower = (image: string) =>
      journal.entries.some(({ to }) => to.reference === reference && to.image === image);
    await giveBack(engine, reference, { log: world.log, isBorrower });
  }
  const recovered: Recovered[] = [];
  const failed: string[] = [];
  for (const each of cutOff) {
    const title = `${each.direction === 'finish' ? 'Finish' : 'Undo'} what ${each.by} has left`;
    recovered.push(...(await world.log.group(title, () => recoverRun({ ...around, journal }, each, failed))));
  }
  if (failed.length > 0) {
    throw new Unrecovered(failed.join(' '));
  }
  return recovered;
}

function refuseOthers(cutOff: readonly InterruptedRun[], environment: string): void {
  const other = cutOff.find((each) => each.environment !== environment);
  if (other !== undefined) {
    const names = other.containers.map(({ name }) => name).join(', ');
    throw new Refusal(
      `${names} is in the middle of a deploy to the environment ${other.environment} by ${other.by}, and this run is about ${environment}: it may still be under way. Once it has ended, run once with \`environment: ${other.environment}\`.`,
    );
  }
}

/** Each is tried, whatever came of the others: what one cannot come back from is no reason to leave the rest as it is. */
async function recoverRun(
  around: Recovering,
  { run, by, at, direction, containers }: InterruptedRun,
  failed: string[],
): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const each of containers) {
    const repaired = await repair(around, each, direction).catch(
      (error: unknown): RecoveryResult => ({ kind: 'failed', why: messageOf(error) }),
    );
    if (repaired.kind === 'failed') {
      around.log.warning(`${each.name}: ${repaired.why}`);
      failed.push(
        `${each.name}: the interrupted run of ${by} could not be recovered: ${repaired.why.replace(/\.$/, '')}. Check the container.`,
      );
      continue;
    }
    around.log.info(`${each.name}: ${repaired.how}`);
    recovered.push({
      container: each.name,
      what: (repaired.side ?? direction) === 'finish' ? 'finished' : 'undone',
      how: repaired.how,
      ...{ run, by, at },
    });
  }
  return recovered;
}

type Recovering = RecoveryContext & { readonly journal: Journal };

async function repair(
  around: Recovering,
  { name, last }: InterruptedTarget,
  direction: InterruptedRun['direction'],
): Promise<RecoveryResult> {
  const { schema: _, at: __, step: ___, token: ____, ...details } = last;
  const record = async (step: Step) => {
    try {
      await around.journal.write(details, step);
    } catch (error) {
      // The next run finds it interrupted once more, asks again, and finds that it is not.
      around.log.warning(`${name}: ${step} could not be written down: ${messageOf(error)}`);
    }
  };
  const shown = await fromEngine(around, name, direction, last);
  if (shown?.kind === 'failed') {
    return shown;
  }
  // Another one may have the name since.
  const container = await around.engine.findContainer(name);
  if (container === undefined) {
    return { kind: 'failed', why: 'there is no container of that name' };
  }
  if (shown === undefined && !belongs({ id: container.Id, labels: container.Config.Labels ?? {} }, last)) {
    return { kind: 'failed', why: 'somebody else has given its name to another container, which is left alone' };
  }
  const repaired = shown ?? (await ownerOf(last).fromJournal(around, container, { last, record, direction }));
  if (repaired.kind === 'repaired') {
    await record((repaired.side ?? direction) === 'finish' ? 'done' : 'undone');
  }
  return repaired;
}

async function fromEngine(
  ...found: Parameters<NonNullable<Recovery['fromEngine']>>
): Promise<RecoveryResult | undefined> {
  for (const { recovery } of strategies) {
    const repaired = await recovery.fromEngine?.(...found);
    if (repaired !== undefined) return repaired;
  }
  return undefined;
}

function ownerOf({ way }: Entry): Recovery {
  const own = strategies.find(({ name }) => Object.hasOwn(strategyNames[name].ways, way));
  if (own === undefined) throw new Error(`There is no strategy of the way ${way}.`);
  return own.recovery;
}
