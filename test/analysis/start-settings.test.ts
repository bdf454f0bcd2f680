import { expect, it } from 'vitest';
import { judgeStartSettings } from '../../src/analysis/start-settings.js';
import { closed } from '../../src/strategies/strategy.js';

type Setting = readonly [application: string, key: string, print: string];
const judged = (old: readonly Setting[], next: readonly Setting[]) =>
  judgeStartSettings({ settings: old }, { settings: next });

it('what only a start reads closes the hot way where it changes, comes or goes', () => {
  const reasons = judged(
    [
      ['kernel', 'logger_level', 'AA'],
      ['sasl', 'gone', 'AA'],
      ['logger', 'level', 'AA'],
    ],
    [
      ['kernel', 'logger_level', 'BB'],
      ['logger', 'level', 'AA'],
      ['logger', 'metadata', 'AA'],
    ],
  );
  expect(reasons.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'setting-kept kernel:logger_level',
    'setting-kept logger:metadata',
    'setting-kept sasl:gone',
  ]);
  expect(closed(reasons)).toBe(true);
});

it('settings of others, notes of Elixir and what is another value in each boot close nothing', () => {
  const notes = (print: string): Setting => ['elixir', 'config_provider_init', print];
  expect(judged([['shop', 'port', 'AA'], notes('AA')], [['shop', 'port', 'BB'], notes('BB')])).toEqual([]);
  expect(judged([['logger', 'boot', "'<random string>'"]], [['logger', 'boot', "'<random string>'"]])).toEqual([]);
});
