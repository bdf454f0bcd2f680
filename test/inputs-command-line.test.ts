import { expect, test } from 'vitest';
import { readCommandLine } from '../src/inputs/command-line.js';
import { help } from '../src/inputs/help.js';
import { type OptionName, optionNames } from '../src/inputs/options.js';
import { UsageError } from '../src/inputs/usage-error.js';

function run(...words: string[]) {
  const command = readCommandLine(words);
  if (command.kind !== 'run') throw new Error(`took ${words.join(' ')} for ${command.kind}`);
  return command;
}

const given = (name: OptionName, ...words: string[]) => run('deploy', ...words).given(name);

test('the first word is the mode', () => {
  expect(run('plan').given('mode')).toBe('plan');
  expect(run('status').given('mode')).toBe('status');
  expect(run('rollback').given('mode')).toBe('rollback');
  expect(() => run('undo')).toThrow(
    'There is no command "undo". Allowed: deploy, plan, rehearse, rollback, script, status;',
  );
  expect(() => run()).toThrow('The command is missing. Allowed: deploy, plan, rehearse, rollback, script, status;');
  expect(() => run('deploy', '--mode', 'plan')).toThrow('There is no option "--mode"');
});

test('a value follows its option, or an equals sign', () => {
  expect(given('soak', '--soak', '5s')).toBe('5s');
  expect(given('soak', '--soak=5s')).toBe('5s');
  expect(given('build-args', '--build-args=A=b=c')).toBe('A=b=c');
});

test('an option of lines may be repeated, and no other', () => {
  expect(given('containers', '--containers', 'a', '--containers', 'b\nc')).toBe('a\nb\nc');
  expect(() => run('deploy', '--soak', '1s', '--soak', '2s')).toThrow('`soak` is given twice');
});

test('a flag stands alone, is denied, or takes a value', () => {
  expect(given('dry-run', '--dry-run', '--image', 'a')).toBe('true');
  expect(given('build', '--no-build')).toBe('false');
  expect(given('build', '--build', 'false')).toBe('false');
  expect(given('build', '--build=false')).toBe('false');
  expect(() => run('deploy', '--no-soak')).toThrow('There is no option "--no-soak"');
  expect(() => run('deploy', '--no-build=true')).toThrow('There is no option "--no-build=true"');
});

test('an option without its value takes no other option for it, and no variable that is not set', () => {
  expect(() => run('deploy', '--image', '--dry-run')).toThrow('`image` is given no value');
  expect(() => run('deploy', '--image')).toThrow('`image` is given no value');
  expect(() => run('deploy', '--image', '')).toThrow('`image` is given no value. Allowed: an image reference');
});

test.each(['--container', 'kv', '-x', '--', '--__proto__'])('%s is no option', (word) => {
  expect(() => run('deploy', word)).toThrow(UsageError);
  expect(() => run('deploy', word)).toThrow(
    `There is no option "${word}". Allowed: --containers, --from, --image, --build, --context`,
  );
});

test('the report goes to stdout where `--json -` asks for it', () => {
  expect(run('deploy', '--json', '-').json).toBe(true);
  expect(run('deploy').json).toBe(false);
  expect(() => run('deploy', '--json', 'r.json')).toThrow('`json` is "r.json". Allowed: `-`');
});

test('help and version are asked for anywhere', () => {
  expect(readCommandLine(['deploy', '--help'])).toEqual({ kind: 'help' });
  expect(readCommandLine(['--version'])).toEqual({ kind: 'version' });
});

test('help tells of every option', () => {
  for (const name of optionNames.filter((each) => each !== 'mode')) expect(help()).toContain(`\n  --${name}\n`);
});
