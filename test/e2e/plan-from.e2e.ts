import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { type Repository, startRepository } from '../support/git/repository.js';
import { type GitServer, startGitServer } from '../support/git/server.js';
import { type GithubServer, startGithub, token } from '../support/github/server.js';
import { itNightly } from '../support/nightly.js';
import { runAction } from '../support/world/action.js';
import { context, docker } from '../support/world/images.js';

let repository: Repository;
let server: GitServer;
let commits: { readonly base: string; readonly merge: string };
let github: GithubServer;
let folder: string;

/** A pull request from the first version of the example to the second. */
beforeAll(async () => {
  repository = await startRepository();
  server = await startGitServer(repository.root, token);
  const fill = async (version: 1 | 2) => {
    const source = await context({ example: 'octochat', version });
    await cp(source, repository.folder, { recursive: true });
    await rm(join(source, '..'), { recursive: true });
    const dockerfile = await readFile(join(repository.folder, 'Dockerfile'), 'utf8');
    return await repository.commit({ Dockerfile: `${dockerfile}\nLABEL hd-plan-from="${repository.folder}"\n` });
  };
  const base = await fill(1);
  await repository.git('checkout', '--quiet', '-b', 'change');
  await fill(2);
  commits = { base, merge: await repository.trialMerge('change') };
});
afterAll(async () => {
  await server?.close();
  await repository?.close();
});

beforeEach(async () => {
  [github, folder] = [await startGithub(), await mkdtemp(join(tmpdir(), 'hot-deploy-runner-'))];
});
afterEach(async () => {
  expect(github.wrong).toEqual([]);
  await github.close();
  await rm(folder, { recursive: true });
});

async function plan(inputs: Readonly<Record<string, string>> = {}) {
  const path = join(folder, 'event.json');
  await writeFile(path, JSON.stringify({ pull_request: { number: 7, base: { sha: commits.base } } }));
  const checkout = await repository.checkout(commits.merge);
  const { exitCode } = await runAction({ context: checkout, ...inputs }, join(folder, 'job'), folder, {
    token,
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: path,
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_SERVER_URL: server.url,
    GITHUB_SHA: commits.merge,
  });
  const report = JSON.parse(await readFile(join(folder, 'job', 'hot-deploy', 'report.json'), 'utf8')) as Report;
  return { exitCode, report };
}

const deployment = (
  id: number,
  sha: string,
  image: string,
  states: readonly { state: string; description?: string }[],
) => ({
  ...{ id, ref: sha, environment: 'production', task: 'deploy' },
  ...{ payload: { schema: 1, image }, statuses: [...states] },
});
/** Of this repository's images, stopped or not. */
const containers = () => docker('ps', '-aq', '--filter', `label=hd-plan-from=${repository.folder}`);

describe('a plan that no container is asked for', () => {
  it('builds what the change is to be merged into, tries the upgrade, and leaves nothing behind', async () => {
    const { exitCode, report } = await plan();

    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      outcome: 'planned',
      method: 'relup',
      from: '0.1.0',
      to: '0.2.0',
      comparedWith: { what: 'base-branch', commit: commits.base, image: commits.base.slice(0, 12) },
    });
    expect(report.containers[0]).toMatchObject({ rehearsal: { kind: 'passed', wayBack: 'downgrade' } });
    expect(report).not.toHaveProperty('expected');
    const [comment] = github.state.comments;
    expect(comment).toMatchObject({ pullRequest: 7 });
    expect(comment?.body).toMatch(/^📋 \*\*Planned 0\.1\.0 → 0\.2\.0: it can be loaded hot/);
    expect(comment?.body).toContain(`compared with what it is to be merged into (${commits.base.slice(0, 12)})`);
    expect(github.state.deployments).toEqual([]);
    expect(await containers()).toBe('');
  });

  it('takes what was deployed last, and says what such deploys have cost so far', async () => {
    const image = `hd-plan-from:${commits.base}`;
    const built = await docker('build', '-q', '-t', image, await repository.checkout(commits.base));
    const measured = (ms: number) => ({ state: 'success', description: `Deployed. [relup, down ${ms} ms]` });
    const other = 'e'.repeat(40);
    github.state.deployments.push(
      deployment(1, other, 'gone:1', [measured(0), { state: 'inactive' }]),
      deployment(2, commits.base, image, [{ state: 'in_progress' }, measured(12)]),
      deployment(3, other, 'gone:2', [{ state: 'in_progress' }, { state: 'failure' }]),
    );

    const { exitCode, report } = await plan();
    await docker('rmi', image);

    expect(exitCode).toBe(0);
    expect(built).toMatch(/^sha256:/);
    expect(report).toMatchObject({
      outcome: 'planned',
      from: '0.1.0',
      to: '0.2.0',
      comparedWith: { what: 'last-deployment', commit: commits.base, image, at: '2026-01-02T03:04:05Z' },
      expected: { deploys: 2, medianMs: 12, mostMs: 12 },
    });
    expect(github.state.comments[0]?.body).toContain('expected downtime: 12 ms, at most 12 ms');
  });

  itNightly(
    'fails where it needs a restart and that is not to be merged, also where the record may not be read',
    async () => {
      github.trouble = ({ path }) => (path.includes('/deployments') ? { status: 403, body: {} } : undefined);
      const { exitCode, report } = await plan({ strategy: 'restart', 'fail-on': 'restart' });
      expect(exitCode).toBe(1);
      expect(report).toMatchObject({ outcome: 'planned', method: 'recreate', comparedWith: { what: 'base-branch' } });
    },
  );

  itNightly('takes images that were made elsewhere by the names that commits have, and builds none', async () => {
    const name = (commit: string) => `hd-plan-from-named:${commit}`;
    for (const commit of [commits.base, commits.merge]) {
      await docker('build', '-q', '-t', name(commit), await repository.checkout(commit));
    }
    const inputs = { build: 'false', image: name(commits.merge), from: 'base-branch', rehearse: 'never' };
    const { report } = await plan(inputs);
    await docker('rmi', name(commits.base));
    const without = await plan(inputs);
    await docker('rmi', name(commits.merge));

    expect(report).toMatchObject({ method: 'relup', comparedWith: { image: name(commits.base) } });
    expect(without.exitCode).toBe(1);
    expect(without.report).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining(`What runs is the commit ${commits.base}, and the engine has no image of it.`),
    });
  });
});
