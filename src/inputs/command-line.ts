import type { Kind } from './kind.js';
import { type Given, option, optionNames } from './options.js';
import { UsageError } from './usage-error.js';

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'run';
      readonly given: Given;
      /** The report as JSON on stdout, in place of the summary. */
      readonly json: boolean;
    };

export const modes = ['deploy', 'plan', 'rehearse', 'rollback', 'script', 'status'] as const;
/** Asks for detail in the log, which is there before anything is read. */
export const debugWord = '--debug';
/** All but the mode, which is the first word instead. */
export const commandLineOptions = optionNames.filter((name) => name !== 'mode');

/** How an option is written. */
const forms = new Map<string, Pick<Kind<unknown>, 'allowed' | 'flag' | 'lines'>>([
  ...commandLineOptions.map((name) => [name, option(name).kind] as const),
  ['json', { allowed: '`-`, which stands for stdout' }],
]);

/** Reads `deploy|plan|rehearse|rollback|script|status [--option value]...`. Fails with a UsageError on what it doesn't know. */
export function readCommandLine(words: readonly string[]): Command {
  if (words.includes('--help') || words.includes('-h') || words[0] === 'help') return { kind: 'help' };
  if (words.includes('--version')) return { kind: 'version' };
  const [mode, ...rest] = words.filter((word) => word !== debugWord);
  if (!modes.some((known) => known === mode)) {
    const said = mode === undefined ? 'The command is missing.' : `There is no command ${JSON.stringify(mode)}.`;
    throw new UsageError(`${said} Allowed: ${modes.join(', ')}; \`hot-deploy --help\` shows the options.`);
  }
  const texts = new Map<string, string>();
  while (rest.length > 0) take(rest, texts);
  const json = texts.get('json');
  if (json !== undefined && json !== '-') {
    throw new UsageError(`\`json\` is ${JSON.stringify(json)}. Allowed: ${forms.get('json')?.allowed}.`);
  }
  return {
    kind: 'run',
    given: (name) => (name === 'mode' ? mode : texts.get(name)),
    json: json !== undefined,
  };
}

/** Moves the first option, with its value, from `rest` to `texts`. */
function take(rest: string[], texts: Map<string, string>): void {
  const word = rest.shift();
  const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word ?? '') ?? [];
  const denied = name.replace(/^no-/, '');
  const form = forms.get(name);
  if (form) put(name, form.flag ? (value ?? flagValue(rest)) : nonEmpty(name, value ?? rest.shift()), texts);
  else if (forms.get(denied)?.flag && value === undefined) put(denied, 'false', texts);
  else {
    const names = [...[...forms.keys()].map((each) => `--${each}`), debugWord].join(', ');
    throw new UsageError(`There is no option ${JSON.stringify(word)}. Allowed: ${names}.`);
  }
}

function put(name: string, value: string, texts: Map<string, string>): void {
  const before = texts.get(name);
  if (before !== undefined && !forms.get(name)?.lines) {
    throw new UsageError(`\`${name}\` is given twice. Allowed: once.`);
  }
  texts.set(name, before === undefined ? value : `${before}\n${value}`);
}

/** A flag stands alone or before its value: both `--dry-run` and `--build false` are natural. */
function flagValue(rest: string[]): string {
  return /^(true|false)$/i.test(rest[0] ?? '') ? (rest.shift() ?? '') : 'true';
}

/** An empty word is most often a shell variable that isn't set: taking the default then would hide it. */
function nonEmpty(name: string, value = ''): string {
  if (value !== '' && !value.startsWith('--')) return value;
  throw new UsageError(`\`${name}\` is given no value. Allowed: ${forms.get(name)?.allowed}.`);
}
