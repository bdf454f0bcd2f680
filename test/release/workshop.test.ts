import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { findReleases, Toolbox } from '../../src/release/toolbox.js';

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

it('one old release at a time lies in a workshop, and is brought again only after another, or where that failed', async () => {
  const exec: Engine['exec'] = async (_, { argv }) => {
    const stdout = argv[0] === 'cat' ? '13.1.5 0.2.0' : '/app\n13.1.5 0.2.0';
    return { exitCode: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
  };
  const engine = { createContainer: async () => 'workshop', startContainer: async () => undefined, exec };
  const image = { Id: 'shop:2', Config: {} };
  const workshop = await Toolbox.open(engine as unknown as Engine, image as unknown as ImageDetails, 'shop:2');
  const steps: string[] = [];
  const use = (old: string, ends: 'well' | 'badly' = 'well', at = workshop) =>
    at.withOld(
      old,
      async () => {
        steps.push(`bring ${old}`);
      },
      async () => {
        steps.push(`begin ${old}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        steps.push(`end ${old}`);
        if (ends === 'badly') throw new Error(`no ${old}`);
        return old;
      },
    );
  const other = await workshop.at('/srv');
  const ended = await Promise.allSettled([use('a'), use('a', 'badly'), use('b'), use('a', 'well', other)]);
  expect(ended.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual([
    ...['a', 'Error: no a', 'b', 'a'],
  ]);
  const [once, again] = [
    ['begin a', 'end a'],
    ['bring b', 'begin b', 'end b', 'bring a', 'begin a', 'end a'],
  ];
  expect(steps).toEqual(['bring a', ...once, ...once, ...again]);
});
