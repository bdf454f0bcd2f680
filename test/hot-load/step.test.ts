import { describe, expect, it } from 'vitest';
import { judgeRelease } from '../../src/strategies/relup/judge.js';
import { comparison, image, runs } from '../support/world/facts.js';

/** The codes of what is against a step, where steps up to a limit may be hot. */
function against(from: string, to: string, hotUpTo: 'patch' | 'minor' | 'major'): readonly string[] {
  const options = { strategy: 'auto', hotUpTo } as const;
  const reasons = judgeRelease(comparison(runs(image({ version: from })), image({ version: to }), { options }));
  return reasons.map(({ code }) => code);
}

describe('a step from one version to the next', () => {
  it.each([
    ['1.0.0', '1.0.1', 'patch'],
    ['1.0.0', '1.1.0', 'minor'],
    ['0.1.0', '0.2.0', 'minor'],
    ['1.9.9', '2.0.0', 'major'],
    ['1.0.0', '1.0.1-rc.1', 'patch'],
    ['1.0.0', '1.1.0-rc.1', 'minor'],
    ['1.0.0', '2.0.0-rc.1', 'major'],
    ['2.0.0-rc.1', '2.0.0-rc.2', 'patch'],
    ['2.0.0-rc.1', '2.0.0', 'major'],
    ['1.0.0+build.1', '1.0.0+build.2', 'patch'],
    ['1.0.0+build.1', '1.1.0+build.1', 'minor'],
  ] as const)('from %s to %s is a %s step', (from, to, step) => {
    const limits = ['patch', 'minor', 'major'] as const;
    for (const limit of limits) {
      const allowed = limits.indexOf(limit) >= limits.indexOf(step);
      expect(against(from, to, limit)).toEqual(allowed ? [] : ['bump-above-limit']);
    }
  });

  it.each([
    ['main', '1.0.0'],
    ['1.0.0', '1.0'],
    ['2024-10-01', '2024-10-02'],
  ])('from %s to %s cannot be measured, and is hot only where none is', (from, to) => {
    expect(against(from, to, 'minor')).toEqual(['bump-above-limit']);
    expect(against(from, to, 'major')).toEqual([]);
  });

  it.each([
    ['1.0.1', '1.0.0'],
    ['1.0.0', '1.0.0-rc.1'],
  ])('from %s to %s goes back', (from, to) => {
    expect(against(from, to, 'major')).toEqual(['downgrade-impossible']);
  });
});
