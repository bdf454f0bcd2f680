import { execFile } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unused } from '../world/container.js';
import { context, docker } from '../world/images.js';
import type { Happening } from './workflow.js';

const run = promisify(execFile);

/** A repository of somebody who copied workflows: version 1 on `main`, and a pull request with version 2. */
export interface Shop {
  /** Its owner and name, as GitHub knows it. */
  readonly repository: string;
  readonly folder: string;
  /** Where its workflows lie. */
  readonly workflows: string;
  readonly first: string;
  /** Of the pull request on `main`, as GitHub tries it before anybody merges. */
  readonly trial: string;
  readonly merged: string;
  /** The image of `first`, from which the container was started by hand. */
  readonly image: string;
  /** What GitHub tells of the pull request, of a branch of this repository or of another one. */
  opened(from?: string): Happening;
  /** What GitHub tells after the merge. */
  pushed(): Happening;
  /** What GitHub tells when somebody starts a workflow by hand. */
  dispatched(inputs: Readonly<Record<string, string>>): Happening;
  /** Lays the commit out which a run is about. */
  checkOut(commit: string): Promise<void>;
  remove(): Promise<void>;
}

export const pullRequest = 7;

// A commit must not make another image by being another one.
const replace = { '.dockerignore': [['_build\n', '_build\n.git\n.github\n']] } as const;

/** @param files the workflows by their names, to be copied as they are */
export async function openShop(files: Readonly<Record<string, string>>): Promise<Shop> {
  // In upper case, too, which Docker takes for no reference.
  const repository = `Acme/${unused('hd-shop')}`;
  const references = repository.toLowerCase();
  const [folder, next] = [
    await context({ example: 'octochat', version: 1, replace }),
    await context({ example: 'octochat', version: 2, replace }),
  ];
  const git = async (...words: readonly string[]) => {
    const author = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@shop.example', '-c', 'commit.gpgsign=false'];
    return (await run('git', ['-C', folder, ...author, ...words])).stdout.trim();
  };
  const commit = async (message: string) => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message', message);
    return await git('rev-parse', 'HEAD');
  };
  const merge = async (message: string) => {
    await git('merge', '--quiet', '--no-ff', '--message', message, 'change');
    return await git('rev-parse', 'HEAD');
  };

  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', `https://github.com/${repository}.git`);
  const workflows = join(folder, '.github', 'workflows');
  await mkdir(workflows, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(workflows, name), text);
  const first = await commit('Chat');
  const image = `${references}:${first}`;
  await docker('build', '--quiet', '--tag', image, folder);
  await git('switch', '--quiet', '--create', 'change');
  await cp(next, folder, { recursive: true });
  const head = await commit('Count');
  await git('switch', '--quiet', '--detach', 'main');
  const trial = await merge('Merge change into main');
  await git('update-ref', `refs/pull/${pullRequest}/merge`, trial);
  await git('switch', '--quiet', 'main');
  const merged = await merge(`Merge pull request #${pullRequest} from acme/change`);

  const told = { full_name: repository, default_branch: 'main' };
  const ref = 'refs/heads/main';
  return {
    repository,
    folder,
    workflows,
    first,
    trial,
    merged,
    image,
    opened: (from = repository) => ({
      event: 'pull_request',
      commit: trial,
      ref: `refs/pull/${pullRequest}/merge`,
      isFork: from !== repository,
      payload: {
        action: 'opened',
        number: pullRequest,
        pull_request: {
          number: pullRequest,
          base: { ref: 'main', sha: first, repo: told },
          head: { ref: 'change', sha: head, repo: { ...told, full_name: from } },
        },
        repository: told,
      },
    }),
    pushed: () => ({
      event: 'push',
      commit: merged,
      ref,
      payload: { ref, before: first, after: merged, deleted: false, repository: told },
    }),
    dispatched: (inputs) => ({
      event: 'workflow_dispatch',
      commit: merged,
      ref,
      payload: { ref, inputs, repository: told },
    }),
    checkOut: async (commit) => void (await git('checkout', '--quiet', '--detach', commit)),
    remove: async () => {
      const all = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
      const ours = all.filter((name) => name.replace(/^ghcr\.io\//, '').startsWith(`${references}:`));
      await docker('rmi', ...ours);
      for (const each of [folder, next]) await rm(dirname(each), { recursive: true });
    },
  };
}
