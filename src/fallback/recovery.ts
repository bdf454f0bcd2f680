import { upgradeRecovery } from '../hot-load/table.js';
import { ends, type Side, sides } from '../journal/entry.js';
import { recoveryActs, stopping } from '../strategies/recreate/table.js';
import { quote } from './quote.js';

/** What hot-deploy itself does about each step at which a run was cut off, as tables of bash. */
export function recoveryTable(): string {
  const forward = Object.entries(sides).flatMap(([step, side]) => (side === 'finish' ? [step] : []));
  const done = Object.entries(recoveryActs).flatMap(([side, stages]) =>
    Object.entries(stages).map(([stage, acts]) => row(side as Side, stage, acts)),
  );
  const hot = Object.entries(upgradeRecovery).flatMap(([side, runs]) =>
    Object.entries(runs).map(([version, acts]) => row(side as Side, version, acts)),
  );
  return `# --- what is done about a run that was cut off: hot-deploy itself goes by the same tables ---

# Steps of which one makes a whole run go forward; after which nothing is left to do; after which the engine may still
# be stopping the old container.
finishing=${quote(forward.join(' '))} has_ended=${quote([...ends].join(' '))} may_be_stopping=${quote(stopping.join(' '))}
# Of a restart, by the side of its run and by how far it came. The words are those of \`act\` below.
${table('acts', done)}
# Of a hot load, by that side and by the version that the node says it runs. The words are those of \`act_hot\`.
${table('hot_acts', hot)}`;
}

function row(side: Side, found: string, acts: readonly string[]): [string, string] {
  return [`${side} ${found}`, acts.join(' ')];
}

function table(name: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([key, value]) => `  ["${key}"]=${quote(value)}`);
  return `declare -A ${name}=(\n${lines.join('\n')}\n)`;
}
