import { expect, test } from 'vitest';
import { explain } from '../../src/report/cause.js';
import { count } from '../../src/report/count.js';
import { proved } from '../../src/report/proof.js';
import { spell } from '../../src/system/duration.js';
import { proof, rolledBack } from './sample.js';

test.each([
  [0, '0 ms'],
  [4.23, '4.2 ms'],
  [9.96, '10 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [2_210, '2.2 s'],
  [59_949, '59.9 s'],
  [59_951, '1 min'],
  [185_000, '3 min 5 s'],
  [3_599_900, '1 h'],
  [7_380_000, '2 h 3 min'],
])('%d ms is %s', (ms, words) => {
  expect(spell(ms)).toBe(words);
});

test('counting', () => {
  expect([0, 1, 1_200].map((value) => count(value, 'request'))).toEqual(['no request', '1 request', '1,200 requests']);
});

test('a proof says that it holds, or in what it fails', () => {
  expect(proved(proof)).toBe('equals a cold boot (214 modules)');
  expect(proved(rolledBack.containers[0]?.proof)).toBe('2 modules differ, 1 setting differs, 1 process in old code');
  expect(proved({ ...proof, converged: false })).toBe('differs from a cold boot');
  expect(proved(undefined)).toBe('not proved');
});

test('an error is told with everything that caused it', () => {
  const root = new AggregateError([new Error('ECONNREFUSED ::1'), new Error('ECONNREFUSED 127.0.0.1')]);
  const error = new Error('The engine does not answer', { cause: root });
  expect(explain(error)).toBe(
    'The engine does not answer\n  because: AggregateError; ECONNREFUSED ::1; ECONNREFUSED 127.0.0.1',
  );
  expect(explain('thrown text')).toBe('thrown text');
});

test('an error that causes itself is told all the same', () => {
  const error = new Error('circle');
  error.cause = error;
  expect(explain(error).split('\n').length).toBeLessThanOrEqual(10);
});
