import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findReleases } from '../../src/release/toolbox.js';

async function named(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hot deploy-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const argv = ['-c', `${findReleases}of_release "$1"`, 'sh', root];
  return spawnSync('sh', argv, { encoding: 'utf8' }).stdout.replace(root, 'ROOT');
}

it('a release is known by the description beside what it boots', async () => {
  const start = { 'releases/start_erl.data': '13.1.5 0.2.0' };
  expect(await named({ ...start, 'releases/0.2.0/shop.rel': '' })).toBe('ROOT\tshop\n');
  expect(await named({ ...start, 'releases/0.2.0/start.rel': '', 'releases/0.2.0/shop.rel': '' })).toBe('ROOT\tshop\n');
  expect(await named({ ...start, 'releases/0.1.0/shop.rel': '' })).toBe('');
});

it('an Erlang that is installed is none, nor is a directory without releases', async () => {
  const installed = ['start_clean', 'start_sasl', 'start_all_example', 'no_dot_erlang'];
  const files = Object.fromEntries(installed.map((name) => [`releases/25/${name}.rel`, '']));
  expect(await named({ 'releases/start_erl.data': '13.1.5 25\n', ...files })).toBe('');
  expect(await named({ 'releases/25/own.rel': '' })).toBe('');
});
