import { debugWord } from './command-line.js';
import { type Command, commands, explained } from './commands.js';
import { groups, helpLines } from './help-lines.js';
import { option } from './options.js';

type LinedName = keyof typeof helpLines;

const names = Object.keys(helpLines) as readonly LinedName[];
const width = Math.max(...commands.map(({ length }) => length));

const overview = `Usage: hot-deploy COMMAND --containers SELECTOR [--option value]...

Deploys Erlang and Elixir releases in running Docker containers: hot if that is safe, otherwise by restart.

${commands.map((name) => `  ${name.padEnd(width)}  ${explained[name]}`).join('\n')}

  hot-deploy COMMAND --help   shows the options of a command
  hot-deploy --version        shows the version

  hot-deploy plan   --containers web --image shop:1.4.0
  hot-deploy deploy --containers web --image shop:1.4.0 --probe http://{container}:4000/health

Exit codes: 0 planned, unchanged or deployed; 1 refused; 2 usage; 3 rolled back; 4 failed.
`;

/** What `--help` prints: the commands, or the options of one. */
export function help(command?: Command): string {
  if (command === undefined) return overview;
  const shown = groups.flatMap((group) => {
    const rows = names.filter((name) => helpLines[name].group === group && isOf(name, command)).map(row);
    return rows.length === 0 ? [] : [{ group, rows }];
  });
  const output = [
    ['--json -', 'print the report as JSON to stdout'],
    [debugWord, 'show what each step does'],
  ] as const;
  const all = [...shown, { group: 'Output', rows: output }];
  const lengths = all.flatMap(({ rows }) => rows.map(([left]) => left.length));
  const column = Math.max(...lengths.filter((length) => length <= widest));
  const line = ([left, says]: readonly [string, string]) =>
    `  ${left.padEnd(column)}${left.length > column ? `\n  ${' '.repeat(column)}` : ''}  ${says}`;
  const blocks = all.map(({ group, rows }) => [`${group}:`, ...rows.map(line)].join('\n'));
  return [
    `Usage: hot-deploy ${command} [--option value]...`,
    `${sentence(explained[command])}`,
    ...blocks,
    ending,
  ].join('\n\n');
}

/** What is wider has its description on the next line. */
const widest = 40;

const ending = '--no-build is --build false. docs/inputs.md describes each option in full.\n';

const isOf = (name: LinedName, command: Command) => helpLines[name].of?.includes(command) ?? true;

function row(name: LinedName): readonly [string, string] {
  const { kind, default: fixed, onCommandLine: standard = fixed } = option(name);
  const { value, says } = helpLines[name];
  const values = value ?? (kind.flag ? undefined : kind.values?.join('|'));
  const isOff = kind.flag && standard === 'false';
  return [
    `--${name}${values === undefined ? '' : ` ${values}`}`,
    standard === undefined || isOff ? says : `${says} (${kind.flag ? 'on' : standard})`,
  ];
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
