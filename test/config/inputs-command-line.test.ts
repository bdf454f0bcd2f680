import { expect, test } from 'vitest';
import { commandLineOptions, readCommandLine } from '../../src/config/command-line.js';
import { commands } from '../../src/config/commands.js';
import { help } from '../../src/config/help.js';
import type { OptionName } from '../../src/config/options.js';
import { strategyOptions } from '../../src/reasons/strategies.js';

function read(...words: string[]) {
  const command = readCommandLine(words);
  if (command.kind !== 'run') throw new Error(`took ${words.join(' ')} for ${command.kind}`);
  return command;
}

function run(...words: string[]) {
  const command = read(...words);
  expect(command.mistakes.sentences).toEqual([]);
  return command;
}

/** All mistakes, a line each. */
const mistakes = (...words: string[]) => read(...words).mistakes.sentences.join('\n');

const given = (name: OptionName, ...words: string[]) => run('deploy', ...words).given(name);

test('the first word is the mode', () => {
  expect(run('plan').given('mode')).toBe('plan');
  expect(run('status').given('mode')).toBe('status');
  expect(run('rollback').given('mode')).toBe('rollback');
  expect(mistakes('undo')).toMatch(/^There is no command "undo"\. Did you mean `rollback`\? Allowed: plan, deploy, /);
  expect(mistakes('xyzzy')).toMatch(/^There is no command "xyzzy"\. Allowed: plan, deploy, /);
  expect(mistakes()).toMatch(/^The command is missing\. Allowed: plan, deploy, /);
  expect(mistakes('--containers', 'kv')).toMatch(/^The command is missing\. [^\n]*$/);
  expect(mistakes('deploy', '--mode', 'plan')).toContain('There is no option "--mode"');
});

test.each([
  ['deplyo', 'deploy'],
  ['rolback', 'rollback'],
  ['stat', 'status'],
])('the command %s is nearly %s', (word, meant) => {
  expect(mistakes(word)).toContain(`Did you mean \`${meant}\`?`);
});

test('a value follows its option, or an equals sign', () => {
  expect(given('soak', '--soak', '5s')).toBe('5s');
  expect(given('soak', '--soak=5s')).toBe('5s');
  expect(given('build-args', '--build-args=A=b=c')).toBe('A=b=c');
});

test('an option of lines may be repeated, and no other', () => {
  expect(given('containers', '--containers', 'a', '--containers', 'b\nc')).toBe('a\nb\nc');
  expect(mistakes('deploy', '--soak', '1s', '--soak', '2s')).toContain('`soak` is given twice');
});

test('a flag stands alone, is denied, or takes a value', () => {
  expect(given('dry-run', '--dry-run', '--image', 'a')).toBe('true');
  expect(given('build', '--no-build')).toBe('false');
  expect(given('build', '--build', 'false')).toBe('false');
  expect(given('build', '--build=false')).toBe('false');
  expect(mistakes('deploy', '--no-soak')).toContain('There is no option "--no-soak"');
  expect(mistakes('deploy', '--no-build=true')).toContain('There is no option "--no-build=…"');
});

test('an option without its value takes no other option for it, and no variable that is not set', () => {
  expect(mistakes('deploy', '--image', '--dry-run')).toBe(
    '`image` is given no value. Allowed: an image reference such as `registry.example.com/team/app:1.2.3`.',
  );
  expect(mistakes('deploy', '--image')).toContain('`image` is given no value');
  expect(mistakes('deploy', '--image', '')).toContain('`image` is given no value. Allowed: an image reference');
});

test.each([
  ['--container', '--containers'],
  ['--healthcheck', '--probe'],
  ['--max_parallel', '--max-parallel'],
  ['--dryrun=true', '--dry-run'],
])('%s is no option, and is told with %s', (word, meant) => {
  expect(mistakes('deploy', word, ...(word.includes('=') ? [] : ['kv']))).toBe(
    `There is no option ${JSON.stringify(word.replace(/=.*/, '=…'))}. Did you mean \`${meant}\`?`,
  );
});

test.each(['-x', '--', '--__proto__', 'kv'])('%s is no option, and like none', (word) => {
  expect(mistakes('deploy', word)).toContain(
    `There is no option "${word}". Allowed: --containers, --nodes, --from, --image, --build, --context`,
  );
});

test('one run tells all mistakes', () => {
  expect(mistakes('deplyo', '--container', 'kv', '--image', '--soak', '1s', '--soak=2s').split('\n')).toEqual([
    expect.stringContaining('There is no command "deplyo"'),
    expect.stringContaining('There is no option "--container"'),
    expect.stringContaining('`image` is given no value'),
    expect.stringContaining('`soak` is given twice'),
  ]);
});

test('it builds only where it is asked to', () => {
  expect(run('deploy').given('build')).toBe('false');
  expect(run('deploy', '--build').given('build')).toBe('true');
});

test('the report goes to stdout where `--json -` asks for it', () => {
  expect(run('deploy', '--json', '-').json).toBe(true);
  expect(run('deploy').json).toBe(false);
  expect(mistakes('deploy', '--json', 'r.json')).toContain('`json` is "r.json". Allowed: `-`');
});

test('help and version are asked for anywhere', () => {
  expect(readCommandLine(['deploy', '--help'])).toEqual({ kind: 'help', command: 'deploy' });
  expect(readCommandLine(['help', 'plan'])).toEqual({ kind: 'help', command: 'plan' });
  expect(readCommandLine(['--help'])).toEqual({ kind: 'help' });
  expect(readCommandLine(['--version'])).toEqual({ kind: 'version' });
});

test('help fits on a screen, and tells of every command', () => {
  for (const name of commands) expect(help()).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
  expect(help().split('\n').length).toBeLessThan(24);
});

test('the help of a command tells in a line each of its options and of no other', () => {
  const told = commands.flatMap((command) => [...help(command).matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name));
  for (const name of commandLineOptions) expect(told).toContain(name);
  expect(help('status')).not.toContain('--soak');
  expect(help('deploy')).toMatch(
    new RegExp(`^ {2}--strategy ${['auto', ...strategyOptions].join('\\|')} +\\S.*\\(auto\\)$`, 'm'),
  );
  for (const command of commands) {
    expect(help(command)).toMatch(/^Containers:\n {2}--containers/m);
    expect(
      help(command)
        .split('\n')
        .filter((line) => line.length > 130),
    ).toEqual([]);
  }
});
