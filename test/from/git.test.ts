import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/reasons/refusal.js';
import { baseCommit } from '../../src/source/base-commit.js';
import { checkedOut, openGit } from '../../src/source/git.js';
import type { GithubRun } from '../../src/source/run.js';
import { type Repository, startRepository } from '../support/git/repository.js';

const { signal } = new AbortController();
const open = (folder: string) => openGit(folder, process.env, signal);

let repository: Repository;
beforeEach(async () => {
  repository = await startRepository();
});
afterEach(() => repository.close());

const run = (event: string, commit: string, payload: GithubRun['payload'] = {}): GithubRun => ({
  ...{ apiUrl: '', serverUrl: '', owner: 'acme', repository: 'shop' },
  ...{ event, commit, payload },
});

describe('the base commit of a pull request', () => {
  let told: string;
  let base: string;
  let head: string;
  let merge: string;
  beforeEach(async () => {
    told = await repository.commit({ 'mix.exs': 'one' });
    await repository.git('checkout', '--quiet', '-b', 'change');
    head = await repository.commit({ 'lib/new.ex': 'new' });
    await repository.git('checkout', '--quiet', 'main');
    base = await repository.commit({ 'mix.exs': 'two' });
    merge = await repository.trialMerge('change');
  });
  const payload = () => ({ pull_request: { number: 7, base: { sha: told }, head: { sha: head } } });

  it('is what the trial merge was made with, which may be newer than what the event tells', async () => {
    const git = await open(await repository.checkout(merge));
    expect(await baseCommit(git, run('pull_request', merge, payload()))).toBe(base);
  });

  it('is what the event tells where the branch itself is checked out, or the base', async () => {
    const git = await open(await repository.checkout(head));
    expect(await baseCommit(git, run('pull_request', merge, payload()))).toBe(told);
    const onBase = await open(await repository.checkout(merge));
    expect(await baseCommit(onBase, run('pull_request_target', merge, payload()))).toBe(told);
  });

  it('is what the event tells also where the branch that is checked out ends in a merge of its own', async () => {
    const [tree = ''] = (await repository.git('merge-tree', '--write-tree', 'change', 'main')).split('\n');
    const updated = await repository.git('commit-tree', tree, '-p', 'change', '-p', 'main', '-m', 'update the branch');
    await repository.git('push', '--quiet', 'origin', `${updated}:refs/heads/change`);
    const git = await open(await repository.checkout(updated));
    const event = { pull_request: { number: 7, base: { sha: base }, head: { sha: updated } } };
    expect(await baseCommit(git, run('pull_request', updated, event))).toBe(base);
  });

  it('is that of a merge queue', async () => {
    const git = await open(await repository.checkout(merge));
    expect(await baseCommit(git, run('merge_group', merge, { merge_group: { base_sha: base } }))).toBe(base);
  });

  it('is where a branch has parted, on a machine of one’s own', async () => {
    const git = await open(repository.folder);
    await repository.git('fetch', '--quiet', 'origin');
    await repository.git('remote', 'set-head', 'origin', 'main');
    await repository.git('checkout', '--quiet', 'change');
    expect(await baseCommit(git, undefined)).toBe(told);
  });

  it('is asked for where nothing tells it', async () => {
    const git = await open(repository.folder);
    await expect(baseCommit(git, undefined)).rejects.toThrow(/set-head origin --auto/);
    await expect(baseCommit(git, run('push', base))).rejects.toThrow(/a `push` has none: give `containers`/);
    const wrong = { pull_request: { number: 7, base: { sha: '--upload-pack=rm' } } };
    await expect(baseCommit(git, run('pull_request', merge, wrong))).rejects.toThrow(Refusal);
  });
});

describe('the files of a commit', () => {
  it('lie beside those that are checked out, fetched where the clone has not got them, and are gone afterwards', async () => {
    const old = await repository.commit({ 'mix.exs': 'one', 'app/Dockerfile': 'FROM one' });
    const last = await repository.commit({ 'mix.exs': 'two', 'app/Dockerfile': 'FROM two' });
    const clone = await repository.checkout(last);
    const git = await open(clone);

    const [root, files, text] = await checkedOut(git, old, async (folder) => [
      folder,
      await readdir(folder),
      await readFile(join(folder, 'mix.exs'), 'utf8'),
    ]);

    expect(text).toBe('one');
    expect(files).toEqual(expect.arrayContaining(['app', 'mix.exs']));
    await expect(readdir(root)).rejects.toThrow('ENOENT');
    expect(await readFile(join(clone, 'mix.exs'), 'utf8')).toBe('two');
    expect(await git.ask(['worktree', 'list'])).toHaveLength(1);
    expect(await git.ask(['status', '--porcelain'])).toEqual([]);
  });

  it('are those of the same folder, where the context is not the whole', async () => {
    const old = await repository.commit({ 'app/Dockerfile': 'FROM one' });
    await repository.commit({ 'app/Dockerfile': 'FROM two' });
    const git = await open(join(repository.folder, 'app'));
    const read = (top: string) => readFile(join(top, git.prefix, 'Dockerfile'), 'utf8');
    expect(await checkedOut(git, old, read)).toBe('FROM one');
  });

  it('are gone also where the work fails', async () => {
    const only = await repository.commit({ 'mix.exs': 'one' });
    const git = await open(repository.folder);
    await expect(checkedOut(git, only, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    expect(await git.ask(['worktree', 'list'])).toHaveLength(1);
  });

  it('are gone also where the run is cancelled, and nobody else’s are', async () => {
    const only = await repository.commit({ 'mix.exs': 'one' });
    const [other, away] = [join(repository.folder, '..', 'other'), join(repository.folder, '..', 'away')];
    await repository.git('worktree', 'add', '--quiet', '--detach', other, only);
    await rename(other, away);
    const cancelling = new AbortController();
    const git = await openGit(repository.folder, process.env, cancelling.signal);
    const cancelled = checkedOut(git, only, async () => {
      cancelling.abort();
      throw new Error('cancelled');
    });
    await expect(cancelled).rejects.toThrow('cancelled');
    await rename(away, other);
    expect((await repository.git('worktree', 'list')).split('\n')).toHaveLength(2);
    expect(await repository.git('-C', other, 'rev-parse', 'HEAD')).toBe(only);
  });

  it('are fetched with their past into a clone that is whole', async () => {
    await repository.commit({ 'mix.exs': 'one' });
    const clone = join(repository.folder, '..', 'whole');
    await repository.git('clone', '--quiet', `file://${repository.origin}`, clone);
    const next = await repository.commit({ 'mix.exs': 'two' });
    const git = await open(clone);
    expect(await checkedOut(git, next, (top) => readFile(join(top, 'mix.exs'), 'utf8'))).toBe('two');
    expect(await git.ask(['rev-parse', '--is-shallow-repository'])).toEqual(['false']);
  });

  it('are refused where nobody has the commit', async () => {
    await repository.commit({ 'mix.exs': 'one' });
    const git = await open(repository.folder);
    await expect(checkedOut(git, 'f'.repeat(40), async () => undefined)).rejects.toThrow(
      `The commit ${'f'.repeat(40)} is not in the clone, and git could not fetch it from \`origin\`.`,
    );
  });
});

it('a folder that is in no clone is refused, with what git says beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-none-'));
  await expect(open(folder)).rejects.toMatchObject({
    message: expect.stringContaining('Check the repository out in a step before'),
    output: [expect.stringContaining('not a git repository')],
  });
  await expect(openGit(folder, { PATH: '' }, signal)).rejects.toMatchObject({ output: ['there is no git here'] });
  await expect(open(join(folder, 'gone'))).rejects.toThrow('there is no such folder');
  await rm(folder, { recursive: true });
});
