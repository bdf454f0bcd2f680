import { expect, test } from 'vitest';
import { parseStartup } from '../../src/drift/startup.js';

test('what start_erl.data names is what a restart boots, since it was written', () => {
  expect(parseStartup('boots 0.1.0\ndecided 1700000000\n', [])).toEqual({
    boots: '0.1.0',
    permanentAt: 1_700_000_000_000,
  });
});

test("relx's start script has the last word, whatever start_erl.data says", () => {
  expect(parseStartup('boots 0.2.0\nboots 0.1.0\ndecided 1\n', [])).toMatchObject({ boots: '0.1.0' });
});

test('and an environment that names the version before both', () => {
  expect(parseStartup('boots 0.2.0\n', ['PATH=/bin', 'RELEASE_VSN=0.1.0'])).toEqual({ boots: '0.1.0' });
});

test("which distillery's start script calls by another name", () => {
  const environment = ['RELEASE_VSN=0.0.1', 'REL_VSN=0.1.0'];
  expect(parseStartup('boots 0.2.0\n', environment, 'REL_VSN')).toEqual({ boots: '0.1.0' });
});

test('a release that no hot deploy has brought has no time of loading', () => {
  expect(parseStartup('boots 0.2.0\nloaded 1700000000\n', []).loadedAt).toBe(1_700_000_000_000);
  expect(parseStartup('boots 0.2.0\n', []).loadedAt).toBeUndefined();
});

test('nothing printed is nothing known', () => {
  expect(parseStartup('', [])).toEqual({});
});
