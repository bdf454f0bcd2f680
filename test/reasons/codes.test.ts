import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reasonCodes } from '../../src/reasons/codes.js';

it('every code that is documented is given by somebody', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n');
  const given = [...sources.matchAll(/(?:against|againstAll|remark)\(\s*'([\w-]+)'/g)].map(([, code]) => code);
  expect(new Set(given)).toEqual(new Set(Object.keys(reasonCodes)));
});
