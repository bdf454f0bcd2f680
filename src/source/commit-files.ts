import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Refusal } from '../reasons/refusal.js';
import { isFolder } from '../system/folder.js';
import { type Clone, cloneAt } from './clone.js';
import type { Git, Server } from './git.js';
import { addressOf, submodulesOf } from './submodules.js';

/** Where commits are fetched from that are not in the clone. */
export interface Remote {
  readonly server: Server;
  /** Of the run's repository, on that server. */
  readonly address: string;
}

/**
 * A commit's files in a folder of our own, as long as `work` takes. The commit is fetched where it is not there: a job's clone has
 * but the last one.
 *
 * @param remote absent where nobody says what the run's repository is: then nothing of it is fetched
 * @param work gets the folder that is to the commit what the clone's top is to what is checked out
 * @throws Refusal where the commit cannot be had
 */
export async function checkedOut<T>(
  git: Git,
  commit: string,
  remote: Remote | undefined,
  work: (top: string) => Promise<T>,
): Promise<T> {
  const top = await mkdtemp(join(git.folder, 'files-'));
  try {
    const without = 'which hot-deploy fetches on GitHub only';
    await fill(git, remote?.server, {
      ...{ name: `the commit ${commit}`, commit, top, clone: git.clone, without },
      address: remote?.address,
    });
    if (!(await isItself(join(top, git.prefix)))) {
      throw new Refusal(`The commit ${commit} has no folder ${git.prefix}, which \`context\` is.`);
    }
    return await work(top);
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

/** A commit, of the repository or of a submodule. */
interface Part {
  readonly name: string;
  readonly commit: string;
  /** Where its files go. */
  readonly top: string;
  /** Where files of its repository are checked out, if they are. */
  readonly clone: Clone | undefined;
  readonly address: string | undefined;
  /** Why it is not fetched where there is no address. */
  readonly without: string;
}

async function fill(git: Git, server: Server | undefined, part: Part): Promise<void> {
  await bring(git, server, part);
  const { name, commit, top, clone, address } = part;
  const index = { GIT_INDEX_FILE: join(await mkdtemp(join(git.folder, 'index-')), 'index'), GIT_WORK_TREE: top };
  if ((await git.ask(['read-tree', '--reset', '-u', commit], index)) === undefined) {
    throw new Refusal(`The files of ${name} could not be written to a folder of their own.`);
  }
  if (clone === undefined) return;
  await refuseFiltered(git, clone, name, index);
  const found = await submodulesOf(git, commit, index);
  const clones = await Promise.all(found.map(({ path }) => cloneAt(join(clone.top, path))));
  // Where none is filled, nothing that is built needs them.
  if (clones.every((each) => each === undefined)) return;
  for (const [at, { path, url, commit: its }] of found.entries()) {
    const inner = clones[at];
    const [place, submodule] = [join(top, path), `the submodule ${path} of ${name}`];
    if (!(await isItself(place))) throw new Refusal(`There is no folder for ${submodule}.`);
    if (inner !== undefined) await git.borrow(inner);
    await fill(git, server, {
      ...{ name: submodule, commit: its, top: place, clone: inner, address: addressOf(url, address, server?.url) },
      without: `which hot-deploy fetches by HTTPS only, and not from ${url || 'nowhere'}`,
    });
  }
}

/** Also a commit that is there may lack files, in a clone that is partial. */
async function bring(git: Git, server: Server | undefined, { name, commit, address, without }: Part): Promise<void> {
  const lacks = async () =>
    (await git.ask(['rev-list', '--objects', '--no-walk', '--quiet', commit, '--'])) === undefined;
  if (!(await lacks())) return;
  if (address === undefined) {
    throw new Refusal(
      `The clone has not all of ${name}, ${without}. Fetch it into the clone with all its files, or give the image by \`from\`.`,
    );
  }
  const words = ['fetch', '--no-tags', '--depth=1', '--', address, commit];
  // Plain HTTP is only where the run's own server is asked so.
  const allowed = address.startsWith('http:') ? ['-c', 'protocol.http.allow=always'] : [];
  let said = await git.fetch([...allowed, ...words], server);
  // That was what differs from the clone. It counts on all of the clone, which may be partial.
  if (await lacks()) said = await git.fetch([...allowed, '-c', 'fetch.negotiationAlgorithm=noop', ...words], server);
  if (!(await lacks())) return;
  throw new Refusal(
    `The clone has not all of ${name}, and git could not fetch it from ${address}. If that is private, give a \`github-token\` that may read it, or give the image by \`from\`.`,
    { output: said.slice(-5) },
  );
}

const withFilter = ':(exclude,attr:!filter)';

/** What filters have made of the clone's files, they would have to make of these. */
async function refuseFiltered(git: Git, { common }: Clone, name: string, index: NodeJS.ProcessEnv): Promise<void> {
  const folders = ['lfs/objects', 'git-crypt/keys'].map((folder) => readdir(join(common, folder)).catch(() => []));
  if ((await Promise.all(folders)).flat().length === 0) return;
  const [file] = (await git.ask(['ls-files', '--', withFilter], index)) ?? [];
  if (file === undefined) return;
  throw new Refusal(
    `${file} of ${name} is kept by a filter such as Git LFS, and hot-deploy runs no filter. Give the image by \`from\`.`,
  );
}

/** Whether a path is a folder, and no part of it is a link. */
async function isItself(path: string): Promise<boolean> {
  return (await isFolder(path)) && (await realpath(path)) === resolve(path);
}
