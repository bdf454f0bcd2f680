import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { script } from '../../src/fallback/script.js';
import { byHand } from '../../src/hot-load/by-hand.js';
import { file, packEntries } from '../../src/release/archive.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { variants } from '../fallback/variants.js';
import { image, runs } from '../support/world/facts.js';

let bench: Workbench;
let folder: string;
let container: string;

/** What the script's own functions print, told of a container that does as it likes. */
async function said(words: string): Promise<string> {
  const { plain } = variants;
  if (plain === undefined) throw new Error('there is no plain variant');
  const text = script(plain).replace(/\nmain "\$@"\n$/, '\nwork=$1 id=$2\n');
  await writeFile(join(folder, 'own.sh'), `${text}\n{ ${words}\n} 2>&1\n`);
  await rm(join(folder, 'work'), { recursive: true, force: true });
  await mkdir(join(folder, 'work'));
  const argv = [join(folder, 'own.sh'), join(folder, 'work'), container];
  return (await promisify(execFile)('bash', argv, { timeout: 60_000 })).stdout;
}

beforeAll(async () => {
  bench = await openWorkbench();
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  // Whatever is asked of its shell, it answers without an end.
  const make = `truncate -s 8G /sparse; mkdir /folder; echo x >/folder/folder
printf '#!/bin/bash\\nexec yes\\n' >/usr/bin/hostile; chmod 755 /usr/bin/hostile; ln -sf hostile /usr/bin/sh; exec sleep infinity`;
  const { Id: id } = await bench.run('hostile', 'debian:bookworm-slim', 'bash', '-c', make);
  container = id;
  await vi.waitUntil(async () => (await bench.docker('diff', id)).includes('/usr/bin/sh'), { timeout: 30_000 });
});
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
  await bench?.clear();
});

it('the script neither waits for a container that answers for ever, nor takes what has no end', async () => {
  const told = await said(`find_vm "$id" && echo found || echo 'no VM'
for each in sparse folder; do plain_file "$id" "/$each" && echo read || complaint && echo; done
engine exec "$id" sh -c anything || complaint`);
  expect(told.split('\n')).toEqual([
    ...['no VM', '/sparse is no plain file, or too large', '/folder is no plain file'],
    'it says more than 16384 KiB',
  ]);
});

it('a bundle is read out of the lock, and a link in it is nothing that is read', async () => {
  const sums = { file: 'sums', sha256: 's' };
  const entries = byHand({
    ...{ running: runs(image()), next: image({ version: '2.0.0' }), images: { from: 'a', to: 'b' } },
    ...{
      directories: ['lib/a-1'],
      checksums: { up: sums, down: sums },
      updates: [],
      loads: [],
      removed: [],
      added: [],
    },
  });
  const link = { path: 'hot-deploy/linked', type: 'symlink', link: '/etc/passwd', mode: 0o777 } as const;
  const all = [...entries, { ...link, uid: 0, gid: 0, data: Buffer.alloc(0) }, file('sums', 'x')];
  await writeFile(join(folder, 'bundle'), gzipSync(await packEntries(all)));
  const lock = await bench.docker('create', '--label', `hot-deploy.test=${bench.prefix}`, 'debian:bookworm-slim');
  const told = await said(
    `bundle=${join(folder, 'bundle')}; echo ${lock} >"$work/lock"; open_bundle; echo "from $from"; cd "$work/bundle" && echo *`,
  );
  const names = entries.map(({ path }) => path.replace('hot-deploy/', '')).sort();
  expect(told.split('\n').slice(-3)).toEqual(['from 1.0.0', names.join(' '), '']);
});
