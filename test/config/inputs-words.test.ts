import { expect, test } from 'vitest';
import { read, refusal } from '../support/inputs/reading.js';

test.each<[string, readonly string[]]>([
  ['bin/migrate', ['bin/migrate']],
  ['bin/migrate\n', ['bin/migrate']],
  ['bin/shop eval "Shop.Release.migrate()"', ['bin/shop', 'eval', 'Shop.Release.migrate()']],
  ['bin/shop eval Shop.Release.migrate()', ['bin/shop', 'eval', 'Shop.Release.migrate()']],
  [`sh -c 'bin/migrate && echo "$HOME"'`, ['sh', '-c', 'bin/migrate && echo "$HOME"']],
  ['echo "a \\"b\\" \\$c" d\\ e \'\' f"g"h', ['echo', 'a "b" $c', 'd e', '', 'fgh']],
  ['eval "1 |> IO.inspect(); 2 > 1"', ['eval', '1 |> IO.inspect(); 2 > 1']],
])('%s is the words of a command', (text, words) => {
  expect(read({ 'release-command': text }).releaseCommand).toEqual(words);
});

test.each([
  ...[
    'bin/migrate && bin/seed',
    'bin/migrate | tee log',
    'bin/migrate > log',
    'bin/migrate; true',
    'bin/migrate\nbin/seed',
  ],
  ...[
    '$HOME/bin/migrate',
    'echo `id`',
    'echo "$HOME"',
    'MIX_ENV=prod bin/migrate',
    "bin/shop eval 'a",
    'bin/a \\',
    "''",
  ],
])('%s is for a shell, or for nobody, and is refused rather than half understood', (text) => {
  expect(refusal({ 'release-command': text })).toMatch(/^`release-command` is .*sh -c 'bin\/migrate && bin\/seed'/);
});

test('its time is bounded: by then another run takes what is left of it for that of a dead one', () => {
  expect(read({}).releaseCommandTimeoutMs).toBe(600_000);
  expect(refusal({ 'release-command-timeout': '61m' })).toMatch(/of at most `60m`/);
});
