import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { script } from '../../src/fallback/script.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { variants } from './variants.js';

let bench: Workbench;
let folder: string;
let container: string;

const journal = '/journal';

/** What the script's own functions say of a container that does as it likes. */
async function said(words: string): Promise<string> {
  const { plain } = variants;
  if (plain === undefined) throw new Error('there is no plain variant');
  const text = script(plain).replace(/\nmain "\$@"\n$/, '\nwork=$1 id=$2 victim=$3\n');
  const setting = `${text}\n${words}`;
  const answer = await promisify(execFile)('bash', ['-c', setting, 'test', folder, container, join(folder, 'victim')], {
    timeout: 60_000,
  });
  return answer.stdout;
}

beforeAll(async () => {
  bench = await openWorkbench();
  folder = await mkdtemp(join(tmpdir(), 'links-'));
  await writeFile(join(folder, 'victim'), 'of the host');
  const make = `mkdir -p ${journal} && cd ${journal} && echo '"step": "stop"' >plain.json
mkdir folder && printf 1 >folder/token && ln -s ${join(folder, 'victim')} folder/000001-stop.json && mkfifo folder/fifo
mkfifo fifo.json && truncate -s 8G sparse.json && ln plain.json hard.json
ln -s ${join(folder, 'victim')} 000001-stop.json && sleep infinity`;
  const { Id: id } = await bench.run('links', 'debian:bookworm-slim', 'sh', '-c', make);
  container = id;
  const isMade = async () => (await bench.engine.added(id)).some((path) => path.endsWith('000001-stop.json'));
  await vi.waitUntil(isMade, { timeout: 30_000, interval: 200 });
});
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
  await bench?.clear();
});

describe('what a container holds', () => {
  it.each([
    ['plain.json', 'read: "step": "stop"\n'],
    ['hard.json', 'read: "step": "stop"\n'],
    ...['000001-stop.json', 'folder', 'fifo.json', 'sparse.json', 'none.json'].map((name) => [name, 'not read\n']),
  ])('is read if it is a plain file of some size: %s', async (name = '', expected = '') => {
    const words = `plain_file "$id" ${journal}/${name} && printf 'read: %s' "$content" || echo 'not read'`;
    expect(await said(words)).toBe(expected);
    expect(await readFile(join(folder, 'victim'), 'utf8')).toBe('of the host');
  });

  it('is taken out of a folder as far as it is plain files', async () => {
    const words = `unpack "$id" ${journal}/folder 32000000 && printf '%s\\n' "\${!contents[@]}"`;
    expect(await said(words)).toBe('token\n');
  });

  it('is not taken where it was cut off', async () => {
    expect(await said(`unpack "$id" ${journal}/folder 600 && echo read || echo 'not read'`)).toBe('not read\n');
  });
});
