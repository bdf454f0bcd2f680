import { expect, test } from 'vitest';
import { actionInputs } from '../../src/config/action-inputs.js';

test('inputs come from the variables that the runner makes of `with:`', () => {
  const { given } = actionInputs({ INPUT_CONTAINERS: 'kv\n', 'INPUT_MAX-PARALLEL': ' 2 ' });
  expect(given('containers')).toBe('kv');
  expect(given('max-parallel')).toBe('2');
  expect(given('canary')).toBeUndefined();
});

test('an input that is left out is passed as an empty text, and counts as left out', () => {
  expect(actionInputs({ INPUT_IMAGE: '' }).given('image')).toBeUndefined();
});

test('an input that does not exist is an error, though the runner only warns', () => {
  const { mistakes } = actionInputs({ INPUT_CONTAINER: 'kv', 'INPUT_DRY-RUN': 'true', INPUT_XYZZY: '1' });
  expect(mistakes.sentences).toEqual([
    'There is no input `container`. Did you mean `containers`?',
    expect.stringMatching(/^There is no input `xyzzy`\. Allowed: mode, containers, /),
  ]);
});

test('files are written where the runner clears up', () => {
  const { given } = actionInputs({ RUNNER_TEMP: '/tmp/runner' });
  expect(given('report')).toBe('/tmp/runner/hot-deploy/report.json');
  expect(given('bundle-path')).toBe('/tmp/runner/hot-deploy');
  expect(actionInputs({ RUNNER_TEMP: '/tmp/runner', INPUT_REPORT: 'r.json' }).given('report')).toBe('r.json');
});
