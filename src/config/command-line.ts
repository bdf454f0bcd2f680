import { didYouMean } from '../system/nearest.js';
import { type Command, commands } from './commands.js';
import type { Kind } from './kind.js';
import { type Given, type OptionName, option, optionNames } from './options.js';
import type { Before } from './usage-error.js';

/** What a command line asks for. */
export type CommandLine =
  | { readonly kind: 'help'; readonly command?: Command }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'run';
      readonly given: Given;
      /** The report as JSON on stdout, in place of the summary. */
      readonly json: boolean;
      readonly mistakes: Before;
    };

/** Asks for detail in the log, which is there before anything is read. */
export const debugWord = '--debug';
/** All but the mode, which is the first word instead. */
export const commandLineOptions = optionNames.filter((name) => name !== 'mode');

/** How an option is written. */
const forms = new Map<string, Pick<Kind<unknown>, 'allowed' | 'flag' | 'lines'>>([
  ...commandLineOptions.map((name) => [name, option(name).kind] as const),
  ['json', { allowed: '`-`, which stands for stdout' }],
]);

/** Reads `COMMAND [--option value]...`. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const named = words.find((word) => !word.startsWith('-') && word !== 'help');
  const command = commands.find((each) => each === named);
  if (words.includes('--help') || words.includes('-h') || words[0] === 'help') {
    return { kind: 'help', ...(command && { command }) };
  }
  if (words.includes('--version')) return { kind: 'version' };
  const [first, ...others] = words.filter((word) => word !== debugWord);
  const isMissing = first === undefined || first.startsWith('-');
  const mode = commands.find((each) => each === first);
  const mistakes: string[] = [];
  if (mode === undefined) mistakes.push(noCommand(isMissing ? undefined : first));
  const rest = isMissing && first !== undefined ? [first, ...others] : others;
  const texts = new Map<string, string>();
  while (rest.length > 0) take(rest, texts, mistakes);
  const json = texts.get('json');
  if (json !== undefined && json !== '-') {
    mistakes.push(`\`json\` is ${JSON.stringify(json)}. Allowed: ${forms.get('json')?.allowed}.`);
  }
  const standard = (name: OptionName) => option(name).onCommandLine;
  return {
    kind: 'run',
    given: (name) => (name === 'mode' ? mode : (texts.get(name) ?? standard(name))),
    json: json !== undefined,
    mistakes: { sentences: mistakes, ...(mode === undefined && { about: 'mode' }) },
  };
}

function noCommand(word: string | undefined): string {
  const said = word === undefined ? 'The command is missing.' : `There is no command ${JSON.stringify(word)}.`;
  const instead = word === undefined ? '' : didYouMean(word, commands);
  return `${said}${instead} Allowed: ${commands.join(', ')}; \`hot-deploy --help\` explains them.`;
}

/** Moves the first option, with its value, from `rest` to `texts`. */
function take(rest: string[], texts: Map<string, string>, mistakes: string[]): void {
  const word = rest.shift() ?? '';
  const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
  const denied = name.replace(/^no-/, '');
  const form = forms.get(name);
  if (form?.flag) put(name, value ?? flagValue(rest), texts, mistakes);
  else if (form) putValue(name, value ?? ownValue(rest), texts, mistakes);
  else if (forms.get(denied)?.flag && value === undefined) put(denied, 'false', texts, mistakes);
  else {
    mistakes.push(noOption(word));
    // What follows is most likely its value, and no mistake of its own.
    if (word.startsWith('-') && value === undefined) ownValue(rest);
  }
}

function noOption(word: string): string {
  const name = word.replace(/^-+/, '').replace(/=.*$/s, '');
  const known = [...forms.keys(), debugWord.slice(2)];
  const instead = word.startsWith('-') ? didYouMean(name, known, (each) => `\`--${each}\``) : '';
  // Its value may be a secret.
  return `There is no option ${JSON.stringify(word.replace(/=.*$/s, '=…'))}.${instead || ` Allowed: ${known.map((each) => `--${each}`).join(', ')}.`}`;
}

function putValue(name: string, value: string | undefined, texts: Map<string, string>, mistakes: string[]): void {
  // An empty word is most often a shell variable that isn't set: taking the default then would hide it.
  if (value) put(name, value, texts, mistakes);
  else mistakes.push(`\`${name}\` is given no value. Allowed: ${forms.get(name)?.allowed}.`);
}

function put(name: string, value: string, texts: Map<string, string>, mistakes: string[]): void {
  const before = texts.get(name);
  if (before !== undefined && !forms.get(name)?.lines) mistakes.push(`\`${name}\` is given twice. Allowed: once.`);
  else texts.set(name, before === undefined ? value : `${before}\n${value}`);
}

/** A flag stands alone or before its value: both `--dry-run` and `--build false` are natural. */
function flagValue(rest: string[]): string {
  return /^(true|false)$/i.test(rest[0] ?? '') ? (rest.shift() ?? '') : 'true';
}

const ownValue = (rest: string[]) => (rest[0]?.startsWith('--') ? undefined : rest.shift());
