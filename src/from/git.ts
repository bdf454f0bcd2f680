import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../refusal.js';
import { runProgram } from '../run-program.js';

/** The clone that a folder lies in. */
export interface Git {
  /** What git prints; undefined where it fails. */
  ask(words: readonly string[]): Promise<readonly string[] | undefined>;
}

/** @throws Refusal where the folder is in no clone, or there is no git */
export async function openGit(folder: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Git> {
  const run = (words: readonly string[]) =>
    // Whoever is asked for a password in a job waits for ever.
    runProgram('git', words, { environment: { ...environment, GIT_TERMINAL_PROMPT: '0' }, folder, signal });
  const { exitCode, lines } = await run(['rev-parse', '--is-inside-work-tree']).catch(() => ({
    exitCode: null,
    lines: ['there is no git here'],
  }));
  if (exitCode !== 0) {
    throw new Refusal(
      `\`context\` is ${folder}, which git does not take for a clone of the repository (${lines.at(-1) ?? 'it does not say why'}): what runs cannot be built from it. Check the repository out in a step before, or give the image by \`from\`.`,
    );
  }
  return {
    ask: async (words) => {
      const ran = await run(words);
      return ran.exitCode === 0 ? ran.stdout : undefined;
    },
  };
}

/**
 * A commit's files beside those that are checked out, as long as `work` takes. The commit is fetched where it is not there:
 * a job's clone has but the last one.
 *
 * @param work gets the folder that is in the commit what the current one is in the clone
 * @throws Refusal where the commit cannot be had
 */
export async function checkedOut<T>(git: Git, commit: string, work: (folder: string) => Promise<T>): Promise<T> {
  const isThere = async () => (await git.ask(['cat-file', '-e', `${commit}^{commit}`])) !== undefined;
  if (!(await isThere())) await git.ask(['fetch', '--no-tags', '--depth=1', 'origin', commit]);
  if (!(await isThere())) {
    throw new Refusal(`The commit ${commit} is not in the clone, and git could not fetch it from \`origin\`.`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-commit-'));
  try {
    const [below = ''] = (await git.ask(['rev-parse', '--show-prefix'])) ?? [];
    if ((await git.ask(['worktree', 'add', '--detach', '--force', folder, commit])) === undefined) {
      throw new Refusal(`The files of the commit ${commit} could not be checked out beside those of the clone.`);
    }
    return await work(join(folder, below));
  } finally {
    await rm(folder, { recursive: true, force: true });
    await git.ask(['worktree', 'prune']);
  }
}
