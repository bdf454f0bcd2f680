import { expect, it } from 'vitest';
import { recordIfPossible } from '../../src/strategies/record.js';

it('a step that cannot be written down on the way back stops nobody, and is told', async () => {
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    output: () => undefined,
    warning: (line: string) => void warnings.push(line),
    debug: () => undefined,
    group: async <T>(_: string, work: () => Promise<T>) => await work(),
  };
  const record = async () => {
    throw new Error('no space left on device');
  };
  await recordIfPossible({ record, log }, 'web', 'bring-back');
  expect(warnings).toEqual([expect.stringMatching(/^web: .*bring-back.*no space left on device$/)]);
});
