import { isCommit } from '../release/revision.js';
import { runProgram } from '../system/run-program.js';

interface Around {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/**
 * The commit that a run builds; undefined outside of GitHub, and where the folder is in no clone of the run's repository or at a
 * commit that is only there.
 */
export async function commitCheckedOut(folder: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { GITHUB_SHA: commit, GITHUB_REPOSITORY: repository } = environment;
  if (!commit || !repository) return undefined;
  const [head, origin = ''] = await Promise.all([
    headOf(folder, { environment }),
    ask(folder, ['remote', 'get-url', 'origin'], { environment }),
  ]);
  if (head === commit) return head;
  const path = origin.replace(/\.git$/, '').toLowerCase();
  const isOwn = ['/', ':'].some((before) => path.endsWith(`${before}${repository.toLowerCase()}`));
  return isOwn && !(await isOnlyHere(folder, { environment })) ? head : undefined;
}

/** Whether a step before has made the commit, and nobody has pushed it: GitHub does not know it, and turns away what is told of it. */
async function isOnlyHere(folder: string, around: Around): Promise<boolean> {
  const [last = '', pushed] = await Promise.all([
    ask(folder, ['log', '--walk-reflogs', '--max-count=1', '--format=%gs', 'HEAD'], around),
    ask(folder, ['branch', '--remotes', '--contains', 'HEAD'], around),
  ]);
  return /^(am|cherry-pick|commit|merge|rebase|revert)\b/.test(last) && pushed === undefined;
}

/** The commit that is checked out in a folder; undefined where git does not say. */
export async function headOf(folder: string, around: Around): Promise<string | undefined> {
  const head = await ask(folder, ['rev-parse', '--verify', 'HEAD'], around);
  return isCommit(head) ? head : undefined;
}

/** The folder of the clone that a folder lies in; undefined where git does not say. */
export async function topOf(folder: string, around: Around): Promise<string | undefined> {
  return await ask(folder, ['rev-parse', '--show-toplevel'], around);
}

async function ask(folder: string, words: readonly string[], around: Around): Promise<string | undefined> {
  // In a job's container the clone is another user's, and nothing of it is run here.
  const ran = runProgram('git', ['-c', 'safe.directory=*', '-C', folder, ...words], around);
  return (await ran.catch(() => undefined))?.stdout[0];
}
