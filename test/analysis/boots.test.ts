import { describe, expect, it } from 'vitest';
import { judgeBoots } from '../../src/analysis/judge-boots.js';
import { blocking } from '../../src/strategies/strategy.js';

const booted = { kind: 'booted' } as const;
const ended = { kind: 'failed', why: 'it ended with exit code 1: no licence.', ended: true } as const;
const late = { kind: 'failed', why: 'it did not start in time' } as const;

describe('a release that does not boot in a container of its own', () => {
  it('is at fault if what runs boots there: no way is open to it', () => {
    const reasons = judgeBoots('0.2.0', booted, ended);
    expect(reasons).toMatchObject([{ code: 'cold-boot-failed', subject: '0.2.0' }]);
    expect(reasons[0]?.message).toContain('0.2.0 does not: it ended with exit code 1: no licence.');
    expect(blocking([{ reasons }, { reasons }])).toEqual(reasons);
  });

  it.each([
    ['neither boots', ended, ended, /^Neither what runs nor 0\.2\.0 boots/],
    ['what runs only takes too long', late, ended, /^Neither what runs nor 0\.2\.0 boots/],
    ['it only takes too long', booted, late, /^0\.2\.0 did not boot in a container of its own in time/],
  ] as const)('is not at fault if %s: the deploy goes on, and says so', (_, old, next, message) => {
    const reasons = judgeBoots('0.2.0', old, next);
    expect(reasons).toMatchObject([{ code: 'unrehearsed', message: expect.stringMatching(message) }]);
    expect(blocking([{ reasons }])).toEqual([]);
  });

  it('is nothing to speak of if it does', () => {
    expect(judgeBoots('0.2.0', ended, booted)).toEqual([]);
  });
});
