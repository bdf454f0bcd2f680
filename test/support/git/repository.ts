import { execFile } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A repository as GitHub keeps it, and the clone in which people work. */
export interface Repository {
  /** The folder in which it and others that tests make lie, for a server. */
  readonly root: string;
  /** The folder that a clone's `origin` is: `acme/shop.git` below the root. */
  readonly origin: string;
  readonly folder: string;
  git(...words: readonly string[]): Promise<string>;
  /** Writes files and commits them to the branch that is checked out. Answers the commit. */
  commit(files: Readonly<Record<string, string>>): Promise<string>;
  /** Makes the trial merge of a branch as GitHub does, which is on no branch. Answers its commit. */
  trialMerge(branch: string): Promise<string>;
  /** A job's clone: that one commit and nothing else. Answers its folder. */
  checkout(commit: string): Promise<string>;
  close(): Promise<void>;
}

const identity = ['-c', 'user.name=octo', '-c', 'user.email=octo@example.com', '-c', 'commit.gpgsign=false'];

export async function startRepository(): Promise<Repository> {
  const home = await mkdtemp(join(tmpdir(), 'hot-deploy-git-'));
  const [root, folder] = [join(home, 'server'), join(home, 'clone')];
  const origin = join(root, 'acme', 'shop.git');
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const inside = async (place: string, ...words: readonly string[]) => {
    const { stdout } = await run('git', [...identity, '-C', place, ...words], { env: environment });
    return stdout.trim();
  };
  await mkdir(folder);
  const made = ['init', '--quiet', '--template=', '--initial-branch=main'];
  await Promise.all([inside(home, ...made, '--bare', origin), inside(folder, ...made)]);
  // As GitHub allows it, and not every server does.
  await appendFile(join(origin, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n');
  const remote = `[remote "origin"]\n\turl = file://${origin}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`;
  await appendFile(join(folder, '.git', 'config'), remote);
  let checkouts = 0;
  const git = (...words: readonly string[]) => inside(folder, ...words);
  return {
    root,
    origin,
    folder,
    git,
    commit: async (files) => {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', 'change');
      await git('push', '--quiet', '--force', 'origin', 'HEAD');
      return await git('rev-parse', 'HEAD');
    },
    trialMerge: async (branch) => {
      const [tree = ''] = (await git('merge-tree', '--write-tree', 'main', branch)).split('\n');
      const merge = await git('commit-tree', tree, '-p', 'main', '-p', branch, '-m', 'trial');
      await git('push', '--quiet', 'origin', `${merge}:refs/pull/7/merge`);
      return merge;
    },
    checkout: async (commit) => {
      checkouts += 1;
      const place = join(home, `job-${checkouts}`);
      await mkdir(place);
      await inside(place, 'init', '--quiet', '--initial-branch=main');
      await inside(place, 'remote', 'add', 'origin', `file://${origin}`);
      await inside(place, 'fetch', '--quiet', '--no-tags', '--depth=1', 'origin', commit);
      await inside(place, 'checkout', '--quiet', '--detach', commit);
      return place;
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}
