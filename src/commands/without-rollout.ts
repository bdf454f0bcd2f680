import type { Report } from '../deployment/report.js';
import { optionOf } from '../reasons/strategies.js';
import { type PlannedRun, planned, refused, unchanged } from '../rollout/reporting.js';
import { blocking } from '../strategies/strategy.js';

/** The report of a run that ends with the decision, since nothing is to be carried out; undefined where something is. */
export function reportWithoutRollout(decided: PlannedRun): Report | undefined {
  const { inputs, plans } = decided;
  const [untried] = plans.flatMap(({ rehearsal }) => (rehearsal?.kind === 'unrehearsed' ? [rehearsal] : []));
  if (inputs.rehearse === 'always' && untried !== undefined) {
    return refused(decided, `The upgrade could not be rehearsed, and it always has to be: ${untried.why}`);
  }
  const failed = plans.filter(({ rehearsal }) => rehearsal?.kind === 'failed');
  if (inputs.mode === 'rehearse' && failed.length > 0) {
    return refused(
      decided,
      `The rehearsal of ${failed.map(({ name }) => name).join(', ')} failed: the reasons say in what.`,
    );
  }
  if ((inputs.mode !== 'deploy' && inputs.mode !== 'rollback') || inputs.dryRun) {
    return planned(decided);
  }
  const against = blocking(plans);
  if (against.length > 0) return refused(decided, against.map(({ message }) => message).join(' '));
  const closed = plans.filter(
    ({ update }) => update !== undefined && update.method !== 'none' && optionOf(update.method) !== inputs.strategy,
  );
  if (inputs.strategy !== 'auto' && closed.length > 0) {
    const names = closed.map(({ name }) => name).join(', ');
    return refused(decided, `\`strategy\` is ${inputs.strategy}, which is ruled out for ${names}.`);
  }
  return plans.every(({ update }) => update === undefined) ? unchanged(decided) : undefined;
}
