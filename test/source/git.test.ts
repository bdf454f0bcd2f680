import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/reasons/refusal.js';
import { baseCommit } from '../../src/source/base-commit.js';
import { checkedOut } from '../../src/source/commit-files.js';
import { type Git, openGit } from '../../src/source/git.js';
import type { GithubRun } from '../../src/source/run.js';
import { type Repository, startRepository } from '../support/git/repository.js';
import { type GitServer, startGitServer } from '../support/git/server.js';

const opened: Git[] = [];
async function open(folder: string): Promise<Git> {
  const git = await openGit(folder, process.env);
  opened.push(git);
  return git;
}

let repository: Repository;
let server: GitServer;
const begin = async () => {
  repository = await startRepository();
  server = await startGitServer(repository.root);
};
const end = async () => {
  for (const git of opened.splice(0)) await git.close();
  await server.close();
  await repository.close();
};

const run = (event: string, commit: string, payload: GithubRun['payload'] = {}): GithubRun => ({
  ...{ apiUrl: '', serverUrl: '', owner: 'acme', repository: 'shop' },
  ...{ event, commit, payload },
});

describe('the base commit of a pull request', () => {
  let told: string;
  let base: string;
  let head: string;
  let merge: string;
  // Each looks at it through a clone of its own.
  beforeAll(async () => {
    await begin();
    told = await repository.commit({ 'mix.exs': 'one' });
    await repository.git('checkout', '--quiet', '-b', 'change');
    head = await repository.commit({ 'lib/new.ex': 'new' });
    await repository.git('checkout', '--quiet', 'main');
    base = await repository.commit({ 'mix.exs': 'two' });
    merge = await repository.trialMerge('change');
  });
  afterAll(end);

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
    const own = join(repository.folder, '..', 'own');
    await repository.git('clone', '--quiet', `file://${repository.origin}`, own);
    await repository.git('-C', own, 'checkout', '--quiet', '-b', 'own', head);
    expect(await baseCommit(await open(own), undefined)).toBe(told);
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
  beforeEach(begin);
  afterEach(end);

  const files = <T>(git: Git, commit: string, work: (top: string) => Promise<T>) =>
    checkedOut(git, commit, { server, address: `${server.url}/acme/shop` }, work);
  const text = (name: string) => (top: string) => readFile(join(top, name), 'utf8');

  it('lie apart from those that are checked out, fetched where the clone has not got them, and are gone afterwards', async () => {
    const old = await repository.commit({ 'mix.exs': 'one', 'app/Dockerfile': 'FROM one' });
    const last = await repository.commit({ 'mix.exs': 'two', 'app/Dockerfile': 'FROM two' });
    const clone = await repository.checkout(last);
    const before = await listed(clone);
    const git = await open(clone);

    const [root, names, read] = await files(git, old, async (top) => [
      top,
      await readdir(top),
      await text('mix.exs')(top),
    ]);
    await git.close();

    expect(read).toBe('one');
    expect(names).toEqual(['app', 'mix.exs']);
    await expect(readdir(root)).rejects.toThrow('ENOENT');
    await expect(readdir(git.folder)).rejects.toThrow('ENOENT');
    expect(await listed(clone)).toEqual(before);
  });

  it('are those of the same folder, where the context is not the whole', async () => {
    const old = await repository.commit({ 'app/Dockerfile': 'FROM one' });
    await repository.commit({ 'app/Dockerfile': 'FROM two' });
    const git = await open(join(repository.folder, 'app'));
    expect(await files(git, old, text(`${git.prefix}Dockerfile`))).toBe('FROM one');
  });

  it('are gone also where the work fails, and where the run is cancelled', async () => {
    const only = await repository.commit({ 'mix.exs': 'one' });
    const cancelling = new AbortController();
    const git = await openGit(repository.folder, process.env, cancelling.signal);
    await expect(files(git, only, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    expect((await readdir(git.folder)).filter((name) => name.startsWith('files'))).toEqual([]);
    const cancelled = files(git, only, async () => {
      cancelling.abort();
      await git.ask(['rev-parse', 'HEAD']);
    });
    await expect(cancelled).rejects.toThrow('aborted');
    await git.close();
    await expect(readdir(git.folder)).rejects.toThrow('ENOENT');
  });

  it('are had from a worktree, and from a clone that takes its objects from another one', async () => {
    const old = await repository.commit({ 'mix.exs': 'one' });
    const last = await repository.commit({ 'mix.exs': 'two' });
    const [worktree, sharing] = [join(repository.folder, '..', 'worktree'), join(repository.folder, '..', 'sharing')];
    await repository.git('worktree', 'add', '--quiet', '--detach', worktree, old);
    await repository.git('clone', '--quiet', '--shared', repository.folder, sharing);
    const heads = [];
    for (const folder of [worktree, sharing]) {
      const git = await open(folder);
      heads.push(git.head);
      expect(await checkedOut(git, old, undefined, text('mix.exs'))).toBe('one');
    }
    expect(heads).toEqual([old, last]);
  });

  it('are whole where the clone is partial and sparse', async () => {
    const old = await repository.commit({ 'lib/a.ex': 'one', 'doc/b.md': 'one' });
    await repository.commit({ 'lib/a.ex': 'two' });
    const clone = join(repository.folder, '..', 'partial');
    const from = `file://${repository.origin}`;
    await repository.git('clone', '--quiet', '--filter=blob:none', '--sparse', from, clone);
    await repository.git('-C', clone, 'sparse-checkout', 'set', 'lib');
    const git = await open(clone);
    const alone = checkedOut(git, old, undefined, text('lib/a.ex'));
    await expect(alone).rejects.toThrow(
      `The clone has not all of the commit ${old}, which hot-deploy fetches on GitHub only. Fetch it into the clone with all its files,`,
    );
    const both = async (top: string) => [await text('lib/a.ex')(top), await text('doc/b.md')(top)];
    expect(await files(git, old, both)).toEqual(['one', 'one']);
  });

  it('are had where the clone is another user’s', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip();
    const only = await repository.commit({ 'mix.exs': 'one' });
    const clone = await repository.checkout(only);
    await chown(clone, 1234, 1234);
    await chown(join(clone, '.git'), 1234, 1234);
    await expect(repository.git('-C', clone, 'status')).rejects.toThrow('dubious ownership');
    expect(await files(await open(clone), only, text('mix.exs'))).toBe('one');
  });

  it('are had where commits are named by SHA-256', async () => {
    const clone = join(repository.folder, '..', 'sha256');
    const at = (...words: readonly string[]) => repository.git('-C', clone, ...words);
    await repository.git('init', '--quiet', '--object-format=sha256', clone);
    await at('commit', '--quiet', '--allow-empty', '--message', 'empty');
    const git = await open(clone);
    expect(git.head).toMatch(/^[0-9a-f]{64}$/);
    expect(await files(git, git.head, (top) => readdir(top))).toEqual([]);
  });

  it('are refused where nobody has the commit, with what git says beside it', async () => {
    await repository.commit({ 'mix.exs': 'one' });
    const git = await open(repository.folder);
    await expect(files(git, 'f'.repeat(40), async () => undefined)).rejects.toMatchObject({
      message: expect.stringContaining(
        `The clone has not all of the commit ${'f'.repeat(40)}, and git could not fetch it from ${server.url}/acme/shop.`,
      ),
      output: expect.arrayContaining([expect.stringContaining('not our ref')]),
    });
  });

  it('are refused where a filter has made what is checked out', async () => {
    const only = await repository.commit({ '.gitattributes': '*.bin filter=lfs\n', 'a.bin': 'version 1' });
    const git = await open(repository.folder);
    expect(await files(git, only, text('a.bin'))).toBe('version 1');
    await mkdir(join(repository.folder, '.git/lfs/objects/ab'), { recursive: true });
    await expect(files(git, only, text('a.bin'))).rejects.toThrow(`a.bin of the commit ${only} is kept by a filter`);
  });
});

/** Every file of a clone, and when it was written. */
async function listed(clone: string): Promise<readonly string[]> {
  const names = await readdir(clone, { recursive: true });
  return await Promise.all(names.sort().map(async (name) => `${name} ${(await stat(join(clone, name))).mtimeMs}`));
}

describe('a folder is refused that', () => {
  let folder: string;
  beforeEach(async () => {
    await begin();
    folder = await mkdtemp(join(tmpdir(), 'hot-deploy-none-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await end();
  });

  it('is in no clone, or not there', async () => {
    await expect(open(folder)).rejects.toThrow(/in no clone .* Check the repository out in a step before/);
    await expect(open(join(folder, 'gone'))).rejects.toThrow('there is no such folder');
  });

  it('is in a clone of which git cannot say what is checked out', async () => {
    await repository.git('init', '--quiet', folder);
    await expect(open(folder)).rejects.toMatchObject({
      message: expect.stringContaining('git does not say which commit'),
      output: [expect.stringContaining('Needed a single revision')],
    });
    await expect(openGit(folder, { PATH: '' })).rejects.toMatchObject({ output: ['there is no git here'] });
    await mkdir(join(folder, '.git', 'reftable'));
    await expect(open(folder)).rejects.toThrow('a clone in the format `reftable`');
  });
});
