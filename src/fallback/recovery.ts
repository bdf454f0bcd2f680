import { ends, type Side, sides } from '../journal/entry.js';
import { recoveryActs, stopping } from '../strategies/recreate/table.js';
import { upgradeRecovery } from '../strategies/relup/table.js';
import { quote } from './quote.js';

/** What hot-deploy itself does about each step at which a run was cut off, as tables of bash. */
export function recoveryTable(): string {
  const members = Object.entries(sides).map(([step, side]): [string, string] => [step, side]);
  const done = Object.entries(recoveryActs).flatMap(([side, stages]) =>
    Object.entries(stages).map(([stage, acts]) => row(side as Side, stage, acts)),
  );
  const hot = Object.entries(upgradeRecovery).flatMap(([side, runs]) =>
    Object.entries(runs).map(([version, acts]) => row(side as Side, version, acts)),
  );
  return `# --- what is done about a run that was cut off: hot-deploy itself goes by the same tables ---

# To which side all containers of a run go, by the last steps that are written down of them: forward if one says so.
${table('side_of', members)}
# After these nothing is left to do; after those the engine may still be stopping the old container.
${table(
  'has_ended',
  [...ends].map((step) => [step, 'yes']),
)}
${table(
  'may_be_stopping',
  stopping.map((step) => [step, 'yes']),
)}
# Of a restart, by that side and by how far it came; each word is a function below.
${table('acts', done)}
# Of a hot load, by that side and by the version that the node says it runs.
${table('hot_acts', hot)}`;
}

function row(side: Side, found: string, acts: readonly string[]): [string, string] {
  return [`${side} ${found}`, acts.map((act) => act.replaceAll('-', '_')).join(' ')];
}

function table(name: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([key, value]) => `  ["${key}"]=${quote(value)}`);
  return `declare -A ${name}=(\n${lines.join('\n')}\n)`;
}
