import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withBlocks } from '../../script/build-docs.js';
import { optionNames } from '../../src/config/options.js';
import { outputNames } from '../../src/report/outputs.js';

const root = new URL('../..', import.meta.url);
const read = (name: string) => readFile(new URL(name, root), 'utf8');

// `script/build` runs these with --update, which writes the documents.
test.each(['docs/inputs.md', 'docs/reasons.md', 'action.yml'])(
  'the tables in %s are those of the sources',
  async (name) => {
    await expect(withBlocks(await read(name))).toMatchFileSnapshot(new URL(name, root).pathname);
  },
);

test('action.yml declares every input and output, and no other', async () => {
  const action = parse(await read('action.yml'));
  expect(Object.keys(action.inputs)).toEqual(optionNames);
  expect(Object.keys(action.outputs)).toEqual(outputNames);
  expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
});

test('a block of an unknown name is an error, and not left empty', () => {
  expect(() => withBlocks('# generated: inptus\n# end of inptus\n')).toThrow('`inptus`');
});
