import { commandLineOptions } from './command-line.js';
import { type OptionName, option } from './options.js';

const usage = `Usage: hot-deploy deploy|plan|script|status --containers SELECTOR [--option value]...

Deploys an Erlang or Elixir release in Docker containers hot, and restarts only where a hot load would be wrong.

  deploy  build the image, decide, deploy, prove and report
  plan    decide and report, and touch nothing
  script  write hot-deploy.sh, which does the same with bash and the docker CLI alone
  status  compare what runs with what the image says, and touch nothing

Options that take one value a line may be repeated. \`--no-build\` is \`--build false\`.
`;

const exitCodes = `Exit codes: 0 planned, unchanged or deployed; 1 refused; 2 usage; 3 rolled back; 4 failed.
`;

/** What \`--help\` prints. */
export function help(): string {
  const rows = commandLineOptions.map(describe);
  rows.push('  --json -\n      Print the report as JSON on stdout, in place of the summary.');
  rows.push('  --debug\n      Show what each step does.');
  return plain([usage, rows.join('\n'), '\n\n', exitCodes].join(''));
}

function describe(name: OptionName): string {
  const { kind, description, required, default: standard, otherwise } = option(name);
  const fallback = required ? 'required' : `default: ${standard ?? otherwise ?? 'none'}`;
  return `  --${name}\n      ${description}\n      Allowed: ${kind.allowed} (${fallback}).`;
}

/** The descriptions are Markdown, whose only mark is the backquote. */
const plain = (text: string) => text.replaceAll('`', '');
