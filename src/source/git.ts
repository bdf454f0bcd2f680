import { access, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../reasons/refusal.js';
import { runProgram } from '../system/run-program.js';

/** The clone that a folder lies in. */
export interface Git {
  /** Of the clone. */
  readonly top: string;
  /** Of the folder in it, with a slash at its end; empty where the folder is the top. */
  readonly prefix: string;
  /** What git prints; undefined where it fails, or takes too long. @throws Error where the run is cancelled */
  ask(words: readonly string[]): Promise<readonly string[] | undefined>;
  /** Goes to its end also where the run is cancelled, and does not fail: for what has to be tidied up. */
  tidy(words: readonly string[]): Promise<void>;
}

/** For what goes over the network. */
const timeoutMs = 300_000;

/** @throws Refusal where the folder is in no clone, or there is no git */
export async function openGit(folder: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Git> {
  // Whoever is asked for a password in a job waits for ever.
  const own = { ...environment, GIT_TERMINAL_PROMPT: '0' };
  const run = (words: readonly string[]) =>
    runProgram('git', words, {
      environment: own,
      folder,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new Refusal(`\`context\` is ${folder}, and there is no such folder.`);
  }
  const { exitCode, stdout, lines } = await run(['rev-parse', '--show-toplevel', '--show-prefix']).catch((error) => {
    if (signal.aborted) throw error;
    return { exitCode: null, stdout: [], lines: ['there is no git here'] };
  });
  const [top, prefix = ''] = stdout;
  if (exitCode !== 0 || top === undefined) {
    throw new Refusal(
      `\`context\` is ${folder}, which git does not take for a clone of the repository: what runs cannot be built from it. Check the repository out in a step before, or give the image by \`from\`.`,
      { output: lines.slice(-5) },
    );
  }
  return {
    top,
    prefix,
    ask: async (words) => {
      const ran = await run(words).catch((error: unknown) => {
        if (signal.aborted) throw error;
      });
      return ran?.exitCode === 0 ? ran.stdout : undefined;
    },
    tidy: async (words) => void (await runProgram('git', words, { environment: own, folder }).catch(() => undefined)),
  };
}

/**
 * A commit's files beside those that are checked out, as long as `work` takes. The commit is fetched where it is not there:
 * a job's clone has but the last one.
 *
 * @param work gets the folder that is to the commit what the clone's top is to what is checked out
 * @throws Refusal where the commit cannot be had
 */
export async function checkedOut<T>(git: Git, commit: string, work: (top: string) => Promise<T>): Promise<T> {
  await fetched(git, commit);
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-commit-'));
  try {
    if ((await git.ask(['worktree', 'add', '--detach', '--force', folder, commit])) === undefined) {
      throw new Refusal(`The files of the commit ${commit} could not be checked out beside those of the clone.`);
    }
    await fillSubmodules(git, folder, commit);
    return await work(folder);
  } finally {
    // Not `prune`: other worktrees may lie on a disk that is only not there now.
    await git.tidy(['worktree', 'remove', '--force', '--force', folder]);
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetched(git: Git, commit: string): Promise<void> {
  const isThere = async () => (await git.ask(['cat-file', '-e', `${commit}^{commit}`])) !== undefined;
  if (await isThere()) return;
  // A clone that is whole stays so.
  const [isShallow] = (await git.ask(['rev-parse', '--is-shallow-repository'])) ?? [];
  await git.ask(['fetch', '--no-tags', ...(isShallow === 'true' ? ['--depth=1'] : []), 'origin', commit]);
  if (await isThere()) return;
  throw new Refusal(`The commit ${commit} is not in the clone, and git could not fetch it from \`origin\`.`);
}

/** Where those of the clone are filled: else nothing that is built needs them. */
async function fillSubmodules(git: Git, folder: string, commit: string): Promise<void> {
  const hasAny = await access(join(folder, '.gitmodules')).then(
    () => true,
    () => false,
  );
  const own = hasAny ? ((await git.ask(['-C', git.top, 'submodule', 'status'])) ?? []) : [];
  if (!own.some((line) => !line.startsWith('-'))) return;
  const filled = await git.ask(['-C', folder, 'submodule', 'update', '--init', '--recursive', '--depth=1']);
  if (filled === undefined) throw new Refusal(`The submodules of the commit ${commit} could not be fetched.`);
}
