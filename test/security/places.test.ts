import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/config/usage-error.js';
import { keepFromGit, writePreview, writeReport } from '../../src/report/write.js';
import { bundleFile, writeBundle } from '../../src/rollout/bundle-file.js';
import { readAsked } from '../../src/source/run-commit.js';
import type { TargetPlan } from '../../src/strategies/strategy.js';
import { writeFile as written } from '../../src/system/write-file.js';
import { report } from '../report/sample.js';

let outside: string;
let folder: string;
const before = process.cwd();

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'outside-'));
  folder = await mkdtemp(join(tmpdir(), 'working-'));
  await writeFile(join(outside, 'victim'), 'of the host');
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(before);
  for (const each of [outside, folder]) await rm(each, { recursive: true, force: true });
});

type Given = Readonly<Record<string, string>>;
const asked = (given: Given) =>
  readAsked({ given: (name) => (({ containers: 'web', image: 'a:1', build: 'false', ...given }) as Given)[name] }, {});

/** What of outside is as it was. */
async function untouched() {
  expect(await readFile(join(outside, 'victim'), 'utf8')).toBe('of the host');
  expect(await readdir(outside)).toEqual(['victim']);
}

describe('a file that a run writes', () => {
  it.each(['report.json', 'hot-deploy.sh', 'a.tar.gz'])(
    'is never written through a link that has its name: %s',
    async (name) => {
      await symlink(join(outside, 'victim'), name);
      await expect(written(name, 'ours')).rejects.toThrow('it is a link');
      await untouched();
      expect((await readdir('.')).filter((each) => each.endsWith('.tmp'))).toEqual([]);
    },
  );

  it('is never written through a link that leads nowhere yet, or to itself', async () => {
    await symlink(join(outside, 'fresh'), 'report.json');
    await symlink('loop', 'loop');
    await expect(written('report.json', 'ours')).rejects.toThrow('it is a link');
    await expect(written('loop', 'ours')).rejects.toThrow('it is a link');
    await untouched();
  });

  it('is never written into a folder that is a link to somewhere else', async () => {
    await symlink(outside, '.hot-deploy');
    await mkdir('a');
    await symlink(outside, 'a/b');
    for (const path of ['.hot-deploy/report.json', 'a/b/c/report.json', './a/../a/b/report.json']) {
      await expect(written(path, 'ours')).rejects.toThrow(/is a link that leads out of the working folder$/);
    }
    await untouched();
  });

  it('takes the place of what had its name, with all of its content at once and its own mode', async () => {
    await writeFile('hot-deploy.sh', 'longer than what comes', { mode: 0o666 });
    await chmod('hot-deploy.sh', 0o666);
    const { ino } = await stat('hot-deploy.sh');
    await written('hot-deploy.sh', 'ours', 0o600);
    expect(await readFile('hot-deploy.sh', 'utf8')).toBe('ours');
    const now = await stat('hot-deploy.sh');
    expect([now.mode & 0o777, now.ino === ino]).toEqual([0o600, false]);
  });

  it('may lie behind a link that stays in the working folder, or outside of it where somebody names that', async () => {
    await mkdir('real');
    await symlink('real', 'within');
    await written('within/report.json', 'ours');
    await written(join(outside, 'named', 'report.json'), 'ours');
    expect(await readFile('real/report.json', 'utf8')).toBe('ours');
    expect(await readFile(join(outside, 'named', 'report.json'), 'utf8')).toBe('ours');
  });

  it('is not waited for where somebody put a pipe in its place', async () => {
    await promisify(execFile)('mkfifo', ['report.json']);
    await expect(written('report.json', 'ours')).rejects.toThrow('it is no plain file');
  });
});

describe('report, preview, bundle and .gitignore', () => {
  it('are written through no link', async () => {
    for (const name of ['report.json', 'report.html', 'hot-deploy-1-2.tar.gz'])
      await symlink(join(outside, 'victim'), name);
    await mkdir('own');
    await symlink(join(outside, 'ignored'), 'own/.gitignore');
    await expect(writeReport(report, 'report.json')).rejects.toThrow('could not be written');
    await expect(writePreview(report, [], 'report.json')).rejects.toThrow('could not be written');
    const warning = vi.fn();
    const artifact = { from: '1', to: '2', artifact: Buffer.from('x'), applications: [] };
    const plans = [{ update: { artifact } }] as unknown as readonly TargetPlan[];
    const { inputs } = await asked({ report: 'r.json', 'bundle-path': '.' });
    expect(bundleFile(inputs, artifact)).toBe('hot-deploy-1-2.tar.gz');
    await writeBundle(inputs, plans, { warning, info: vi.fn() } as never);
    expect(warning).toHaveBeenCalledWith(expect.stringMatching(/hot-deploy-1-2\.tar\.gz: it is a link$/));
    await keepFromGit('own');
    await symlink(outside, 'linked');
    await keepFromGit('linked');
    await untouched();
    expect((await lstat('own/.gitignore')).isSymbolicLink()).toBe(true);
  });
});

describe('before anything starts', () => {
  it.each([
    [
      'the report',
      { report: 'report.json' },
      'report.json',
      '`report` cannot be written to report.json: it is a link.',
    ],
    [
      'the page beside it',
      { report: 'out.json', preview: 'true' },
      'out.html',
      '`report` cannot be written to out.html: it is a link.',
    ],
    [
      'the script',
      { 'script-path': 'hot-deploy.sh' },
      'hot-deploy.sh',
      '`script-path` cannot be written to hot-deploy.sh: it is a link.',
    ],
    [
      'the bundle',
      { 'bundle-path': 'a.tar.gz' },
      'a.tar.gz',
      '`bundle-path` cannot be written to a.tar.gz: it is a link.',
    ],
    [
      'a folder of bundles',
      { 'bundle-path': 'b' },
      'b',
      '`bundle-path` cannot be written to b: b is a link that leads out of the working folder.',
    ],
    [
      'what nobody has named',
      {},
      '.hot-deploy',
      '`report` cannot be written to .hot-deploy/report.json: .hot-deploy is a link that leads out of the working folder.',
    ],
  ] as const)('a link in the way is a mistake in one sentence: of %s', async (_, given, link, sentence) => {
    await symlink(outside, link);
    const error = await asked(given).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).mistakes).toContain(`${sentence} Name another file.`);
    await untouched();
  });
});
