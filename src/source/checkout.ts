import { originOf } from './clone.js';
import { type Git, openGit } from './git.js';

/**
 * The commit that a run builds; undefined outside of GitHub, and where the folder is in no clone of the run's repository or at a
 * commit that is only there.
 */
export async function commitCheckedOut(folder: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { GITHUB_SHA: commit, GITHUB_REPOSITORY: repository } = environment;
  if (!commit || !repository) return undefined;
  const git = await openGit(folder, environment).catch(() => undefined);
  try {
    if (git === undefined || git.head === commit) return git?.head;
    const path = ((await originOf(git.clone)) ?? '').replace(/\.git$/, '').toLowerCase();
    const isOwn = ['/', ':'].some((before) => path.endsWith(`${before}${repository.toLowerCase()}`));
    return isOwn && !(await isOnlyHere(git)) ? git.head : undefined;
  } finally {
    await git?.close();
  }
}

/** Whether a step before has made the commit, and nobody has pushed it: GitHub does not know it, and turns away what is told of it. */
async function isOnlyHere(git: Git): Promise<boolean> {
  const [last] = (await git.ask(['log', '--walk-reflogs', '--max-count=1', '--format=%gs', 'HEAD'])) ?? [];
  const pushed = (await git.ask(['branch', '--remotes', '--contains', 'HEAD'])) ?? [];
  return /^(am|cherry-pick|commit|merge|rebase|revert)\b/.test(last ?? '') && pushed.length === 0;
}

/** Whether a commit is what is checked out in a folder, as far as git says so. */
export async function isCheckedOut(folder: string, commit: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const git = await openGit(folder, environment).catch(() => undefined);
  await git?.close();
  return git?.head === commit;
}
