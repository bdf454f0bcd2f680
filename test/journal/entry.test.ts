import { describe, expect, it } from 'vitest';
import { type Entry, fileName, numberOf, readEntry } from '../../src/journal/entry.js';

const entry: Entry = {
  schema: 1,
  token: 3,
  id: 'a'.repeat(64),
  nonce: 'n'.repeat(32),
  at: '2026-01-01T00:00:00.000Z',
  run: 'c0ffee',
  task: 'deploy',
  way: 'relup',
  step: 'stage',
  container: 'web',
  from: { version: '1', image: 'sha256:1' },
  to: { version: '2', image: 'sha256:2', reference: 'app:2', commit: 'abc' },
  fleet: ['web'],
  environment: 'production',
  by: 'somebody',
  brought: ['lib/app-2', 'releases/2'],
};

describe('an entry of the journal', () => {
  it('is read as it was written', () => {
    expect(readEntry(JSON.stringify(entry))).toEqual(entry);
  });

  it('is none where the write was cut off, at whatever byte', () => {
    const whole = JSON.stringify(entry);
    for (let length = 0; length < whole.length; length += 1) {
      expect(readEntry(whole.slice(0, length))).toBeUndefined();
    }
  });

  it.each([
    ['another schema', { schema: 2 }],
    ['an unknown step', { step: 'constructor' }],
    ['an unknown way', { way: 'sideways' }],
    ['no token', { token: undefined }],
    ['no nonce', { nonce: '' }],
    ['no id', { id: undefined }],
    ['no image', { to: { version: '2' } }],
    ['a directory outside of the release', { brought: ['../etc'] }],
    ['a directory that climbs', { brought: ['lib/..'] }],
    ['all applications', { brought: ['lib'] }],
    ['something deeper than an application', { brought: ['lib/app-2/priv/data'] }],
    ['an absolute path', { brought: ['/lib/app-2'] }],
  ])('is none with %s', (_, more) => {
    expect(readEntry(JSON.stringify({ ...entry, ...more }))).toBeUndefined();
  });

  it('is found by its number, beyond a million too', () => {
    expect(fileName(7, 'bring-back')).toBe('000007-bring-back.json');
    expect([fileName(7, 'stage'), fileName(1_234_567, 'done')].map(numberOf)).toEqual([7, 1_234_567]);
    expect(['7-stage.json', 'x', '000007-stage.json.tmp'].map(numberOf)).toEqual([undefined, undefined, undefined]);
  });
});
