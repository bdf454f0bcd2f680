import { readAtStart } from '../../../analysis/start-settings.js';
import type { Rehearsal } from '../../../deployment/rehearsal.js';
import { against } from '../../../reasons/make.js';
import type { Reason } from '../../../reasons/reason.js';
import { type Facts, readContents, readFacts } from '../../../release/facts.js';
import { messageOf } from '../../../system/message-of.js';
import { baselineOfOld, up } from '../direction.js';
import { prove } from '../proof.js';
import { type AfterSwitch, stage } from '../switch.js';
import { runCommand } from './command.js';
import { type Compared, compareFacts } from './compare.js';
import { judgeCopies, migrateCopies } from './copies.js';
import { findings } from './findings.js';
import { settled } from './settled.js';
import { judgeStartEffects, type StartEffects, startEffects, startRemarks } from './start-effects.js';
import { attempted } from './switching.js';
import type { Stage } from './trial.js';

type UpgradeTrial =
  | Pick<Extract<Rehearsal, { kind: 'failed' }>, 'kind' | 'reasons'>
  | Pick<Extract<Rehearsal, { kind: 'passed' }>, 'kind' | 'after' | 'remarks'>;

/** Upgrades, with the team's smoke test meanwhile, and compares with a cold boot. */
export async function tryUpgrade(on: Stage): Promise<UpgradeTrial> {
  const { engine, container, hot, command, suspendTimeoutMs } = on;
  const { running, next, bundle } = hot;
  const smoke = command === undefined ? undefined : runCommand(engine, container, running.vm.user, command);
  await stage(engine, container, running.root, bundle);
  const switched = await attempted(up(hot, suspendTimeoutMs), () => baselineOfOld(hot));
  const failure = await smoke;
  const reasons = failure === undefined ? [] : [failed('rehearse-command', `the smoke test failed: ${failure}`)];
  if ('why' in switched) {
    const { why, kept } = switched;
    const refused = kept?.map((setting) => against('setting-kept', setting, `${setting}: ${readAtStart}.`));
    return {
      kind: 'failed',
      reasons: [...reasons, ...(refused ?? [failed(next.version, `the upgrade did not succeed: ${why}`)])],
    };
  }
  try {
    return await judged(on, switched, reasons);
  } catch (error) {
    const why = messageOf(error);
    return {
      kind: 'failed',
      reasons: [
        ...reasons,
        failed(next.version, `what came of the upgrade could not be seen: ${why.replace(/\.$/, '')}`),
      ],
    };
  }
}

async function judged(on: Stage, switched: AfterSwitch, reasons: readonly Reason[]): Promise<UpgradeTrial> {
  const { running, next } = on.hot;
  const { facts, compared, started } = await compare(on, switched);
  const migrated = await migrateCopies(running.node, on.copies);
  const { registrations } = on.booted;
  const measure = {
    release: next,
    booted: on.booted,
    rehearsed: { before: on.before.facts.registrations, after: registrations },
  };
  const fresh = findings(prove(measure, { ...running, tree: on.before.facts.tree }, switched), compared);
  const copied = judgeCopies(migrated, { booted: on.booted.states, before: on.before.facts.states }).filter(
    ({ code, subject }) => !fresh.some((reason) => reason.code === code && reason.subject === subject),
  );
  const found = [...fresh, ...copied, ...judgeStartEffects(started), ...reasons];
  return found.length > 0
    ? { kind: 'failed', reasons: found }
    : { kind: 'passed', after: facts.registrations, remarks: [...compared.remarks, ...startRemarks(started)] };
}

/** A process may still be about to take up what it was told last: only what stays different differs. */
async function compare(
  { clock, hot, before, booted, salt }: Stage,
  { registered }: AfterSwitch,
): Promise<{ readonly facts: Facts; readonly compared: Compared; readonly started: StartEffects }> {
  const { running, bundle } = hot;
  return await settled(
    clock,
    async () => {
      const facts = { ...(await readFacts(running.node, salt)), contents: await readContents(running.node, salt) };
      return {
        facts,
        compared: compareFacts(facts, booted, registered, bundle.loads),
        started: startEffects(before.facts, booted, facts),
      };
    },
    ({ compared, started }) =>
      compared.states.length + compared.settings.length + started.effects.length + started.kept.length === 0,
  );
}

function failed(subject: string, what: string): Reason {
  return against(
    'rehearsal-failed',
    subject,
    `On a throw-away container ${what}. It takes a restart until that is mended.`,
  );
}
