import { expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { foretold } from '../../src/report/foretold.js';
import { report } from './sample.js';

const commit = 'abcdef0123456789abcdef0123456789abcdef01';
const items = (more: Partial<Report>) => foretold({ ...report, outcome: 'planned', method: 'recreate', ...more }).items;

test.each([
  [
    { what: 'last-deployment', image: `acme/shop:${commit}`, commit, at: '2026-01-02T03:04:05Z' } as const,
    `compared with the last deployment to ${report.environment} of 2026-01-02 03:04:05 UTC (abcdef012345, acme/shop:${commit}); no container was asked`,
  ],
  [
    { what: 'base-branch', image: 'abcdef012345', commit } as const,
    'compared with what it is to be merged into (abcdef012345); no container was asked',
  ],
  [{ what: 'image', image: 'shop:1' } as const, 'compared with the image shop:1; no container was asked'],
])('a plan says on what it rests: %#', (comparedWith, said) => {
  expect(items({ comparedWith })).toEqual([said]);
});

test('and what earlier deploys by the same method let one expect', () => {
  expect(items({ expected: { deploys: 3, medianMs: 2_100, mostMs: 4_000 } })).toEqual([
    'expected downtime: 2.1 s, at most 4 s, as the last 3 deploys by restart measured',
  ]);
  expect(items({ method: 'relup', expected: { deploys: 1, medianMs: 0, mostMs: 0 } })).toEqual([
    'expected downtime: none, since the last deploy hot had none',
  ]);
  expect(items({})).toEqual([]);
});
