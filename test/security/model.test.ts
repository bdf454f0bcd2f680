import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const model = readFileSync('docs/SECURITY-MODEL.md', 'utf8');

/** The rows of all tables, each with what stands in its columns, without heads and rules. */
const rows = model
  .split('\n')
  .filter((line, at, all) => line.startsWith('|') && !line.startsWith('| ---') && !all[at + 1]?.startsWith('| ---'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('docs/SECURITY-MODEL.md', () => {
  it('has a row for whoever controls something, each accident, and each promise of the script', () => {
    expect(rows.length).toBeGreaterThanOrEqual(30);
    for (const who of ['Contributor, fork', 'Author of an image', 'A container that was broken into', 'Another tenant'])
      expect(rows.some(([first]) => first?.startsWith(who))).toBe(true);
    for (const who of ['The network', 'Another run of hot-deploy', 'Another user of the host'])
      expect(rows.some(([first]) => first === who)).toBe(true);
  });

  it.each(rows.map((cells) => [cells.slice(0, 2).join(': '), cells] as const))('says what shows it: %s', (_, cells) => {
    expect(cells.every((cell) => cell !== '')).toBe(true);
    const named = [...(cells.at(-1) ?? '').matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(0);
    for (const path of named) expect(readFileSync(path, 'utf8'), path).toMatch(/\b(?:it|test|describe)(?:\.\w+)*\(/);
  });
});
