import { expect, test } from 'vitest';
import { withCommit } from '../../src/release/revision.js';

const own = 'c0ffee1234567890c0ffee1234567890c0ffee12';
const older = 'decade9876543210decade9876543210decade98';

test.each([
  [`VERSION=1.4.7+${own}`, `VERSION=1.4.7+${older}`],
  ['VERSION=1.4.7+c0ffee1', 'VERSION=1.4.7+decade9'],
  ['VERSION=1.4.7-c0ffee12.3', 'VERSION=1.4.7-decade98.3'],
  // Too short to be meant, of another commit, or a part of something longer.
  ['COLOUR=c0ffee', 'COLOUR=c0ffee'],
  ['VERSION=1.4.7+c0ffee9', 'VERSION=1.4.7+c0ffee9'],
  ['KEY=ac0ffee1', 'KEY=ac0ffee1'],
])('of an older commit %s is %s', (text, expected) => {
  expect(withCommit(text, own, older)).toBe(expected);
});
