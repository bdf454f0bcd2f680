import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../reasons/refusal.js';
import { isCommit } from '../release/revision.js';
import { isFolder } from '../system/folder.js';
import { runProgram } from '../system/run-program.js';
import { type Clone, findClone, placeIn } from './clone.js';
import { borrowObjects, makeRepository } from './own-repository.js';

/** Git, in a repository of our own that has the objects and refs of a clone, and nothing of its configuration. */
export interface Git {
  readonly clone: Clone;
  /** The commit that is checked out. */
  readonly head: string;
  /** Of the folder in the clone, with a slash at its end; empty where the folder is the top. */
  readonly prefix: string;
  /** Ours, for as long as git is open. */
  readonly folder: string;
  /** What git prints; undefined where it fails, or takes too long. @throws Error where the run is cancelled */
  ask(words: readonly string[], more?: NodeJS.ProcessEnv): Promise<readonly string[] | undefined>;
  /** For what goes over the network. @returns what git said, however it ended */
  fetch(words: readonly string[], server?: Server): Promise<readonly string[]>;
  /** Has the objects of another clone, too. */
  borrow(clone: Clone): Promise<void>;
  /** Removes all that is ours. */
  close(): Promise<void>;
}

/** The server of the run's repository. */
export interface Server {
  /** Such as `https://github.com`. */
  readonly url: string;
  /** For this server, and for no other. */
  readonly token?: string;
}

const timeoutMs = 300_000;

/** @throws Refusal where the folder is in no clone, or there is no git */
export async function openGit(folder: string, environment: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Git> {
  if (!(await isFolder(folder))) throw new Refusal(`\`context\` is ${folder}, and there is no such folder.`);
  const clone = await findClone(folder);
  if (clone === undefined) throw noClone(folder, 'which lies in no clone of the repository that can be read here');
  if (await isFolder(join(clone.common, 'reftable'))) {
    throw noClone(folder, 'a clone in the format `reftable`, which hot-deploy does not read');
  }
  const own = await realpath(await mkdtemp(join(tmpdir(), 'hot-deploy-git-')));
  const close = () => rm(own, { recursive: true, force: true });
  const [repository, home] = [join(own, 'repository'), join(own, 'home')];
  const borrowed = [clone];
  const run = async (words: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const ended = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
    const around = { environment: { ...bare(environment, repository, home), ...more }, folder: repository };
    return await runProgram('git', words, { ...around, signal: ended }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      const why = ended.aborted ? `git took more than ${timeoutMs} ms` : 'there is no git here';
      return { exitCode: null, stdout: [], lines: [why] };
    });
  };
  const borrow = async (other: Clone) => {
    borrowed.push(other);
    await borrowObjects(repository, borrowed);
  };
  try {
    await mkdir(home);
    await makeRepository(repository, clone);
    await borrowObjects(repository, borrowed);
    const { stdout, lines } = await run(['rev-parse', '--verify', 'HEAD']);
    const [head] = stdout;
    if (!isCommit(head)) throw noClone(folder, 'and git does not say which commit is checked out there', lines);
    return {
      ...{ clone, head, prefix: await placeIn(clone, folder), folder: own, borrow, close },
      ask: async (words, more) => {
        const { exitCode, stdout } = await run(words, more);
        return exitCode === 0 ? stdout : undefined;
      },
      fetch: async (words, server) => {
        const credentials = join(home, '.git-credentials');
        try {
          if (server?.token) await writeFile(credentials, credential(server.url, server.token), { mode: 0o600 });
          return (await run(words, network(environment))).lines;
        } finally {
          await rm(credentials, { force: true });
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function noClone(folder: string, why: string, lines: readonly string[] = []): Refusal {
  return new Refusal(
    `\`context\` is ${folder}, ${why}: what runs cannot be built from it. Check the repository out in a step before, or give the image by \`from\`.`,
    { output: lines.slice(-5) },
  );
}

/** All that git knows of its surroundings. No secret of the run is among it. */
function bare({ PATH }: NodeJS.ProcessEnv, repository: string, home: string): NodeJS.ProcessEnv {
  return {
    ...(PATH !== undefined && { PATH }),
    ...{ HOME: home, XDG_CONFIG_HOME: home, LC_ALL: 'C' },
    ...{ GIT_DIR: repository, GIT_CEILING_DIRECTORIES: home },
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' },
    ...{ GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' },
    // Whoever is asked for a password in a job waits for ever.
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** How the network is reached, which no configuration says here. */
function network(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = /^(git_ssl_\w+|ssl_cert_(file|dir)|(https?|all|no)_proxy)$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.test(name)));
}

/**
 * For git's own store, which gives it to this server only. Words and the environment of a program can be seen by others, and a
 * script that is asked for it would have to be run from a folder for temporary files, where that may be forbidden.
 */
function credential(server: string, token: string): string {
  const { protocol, host } = new URL(server);
  return `${protocol}//x-access-token:${encodeURIComponent(token)}@${host}\n`;
}
