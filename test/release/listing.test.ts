import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/release/archive.js';
import { isLink, readListing } from '../../src/release/listing.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-listing-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function listed(): Promise<ReadonlyMap<string, string>> {
  const list = 'find . -type f -exec sha256sum {} +; find . -type l -exec ls -ldn {} +';
  const { stdout } = await promisify(execFile)('sh', ['-c', list], {
    cwd: folder,
    encoding: 'buffer',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return readListing(stdout);
}

describe('what sha256sum and ls print', () => {
  it('is read whatever a file is named', async () => {
    const names = [
      'plain',
      ' two  spaces ',
      'back\\slash',
      'line\nbreak',
      'both\\\nof',
      'Grüße',
      '$(touch x)`"\'',
      '-> x',
    ];
    for (const name of names) await writeFile(join(folder, name), name);
    await writeFile(Buffer.concat([Buffer.from(`${folder}/raw-`), Buffer.from([0xff, 0xfe])]), 'bytes');
    const expected = names.map((name) => [`./${name}`, sha256(name)] as const);
    expect(await listed()).toEqual(new Map([...expected, ['./raw-\u00ff\u00fe', sha256('bytes')]]));
  });

  it('holds links by what they lead to', async () => {
    await symlink('../over there', join(folder, 'a link'));
    const found = (await listed()).get('./a link');
    expect(found).toBe('-> ../over there');
    expect([isLink(found), isLink(sha256('x')), isLink(undefined)]).toEqual([true, false, false]);
  });

  it('is nothing where a tool complains', () => {
    expect(readListing(Buffer.from('sha256sum: lib/x: Permission denied\n\nowner 0 0\n'))).toEqual(new Map());
  });
});
