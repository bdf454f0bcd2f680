import { Refusal } from '../reasons/refusal.js';
import { isCommit } from '../release/revision.js';
import type { Git } from './git.js';
import type { GithubRun } from './run.js';

/**
 * The commit that a change is to be merged into: on a pull request the one that GitHub's trial merge was made with, else the
 * base that the event names; on a machine of one's own where the branch has parted from the remote's default.
 *
 * @throws Refusal where nothing says which
 */
export async function baseCommit(git: Git, run: GithubRun | undefined): Promise<string> {
  if (run === undefined) {
    const [parted] = (await git.ask(['merge-base', 'HEAD', 'origin/HEAD'])) ?? [];
    if (isCommit(parted)) return parted;
    throw new Refusal(
      '`from` is base-branch, and git does not say where this branch has parted from `origin/HEAD`. Tell it by `git remote set-head origin --auto`.',
    );
  }
  const { pull_request: pull, merge_group: group } = run.payload;
  // What came to the base branch since the event is in GitHub's trial merge, and no part of the change.
  const [first, second] = mayBeTrialMerge(git, run) ? await parents(git, run.commit) : [];
  // The branch itself may end in a merge, too: that is of what it had before, and not of the base.
  const tip = pull?.head?.sha ?? second;
  if (first !== undefined && second !== undefined && second === tip) return first;
  const told = [pull?.base?.sha, group?.base_sha].find(isCommit);
  if (told !== undefined) return told;
  throw new Refusal(
    `What runs is to be taken from the base branch, and a \`${run.event}\` has none: give \`containers\`, or the image by \`from\`.`,
  );
}

/** Whether the run's commit is what is checked out, and not for `pull_request_target` the base. */
function mayBeTrialMerge(git: Git, { event, commit }: GithubRun): boolean {
  return event.startsWith('pull_request') && event !== 'pull_request_target' && git.head === commit;
}

/** As the commit itself names them: a clone that is shallow hides them from everything else. */
async function parents(git: Git, commit: string): Promise<readonly string[]> {
  const lines = (await git.ask(['cat-file', '-p', `${commit}^{commit}`])) ?? [];
  return lines.flatMap((line) => /^parent ([0-9a-f]{40,64})$/.exec(line)?.[1] ?? []);
}
