import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GithubServer, startGithub, token } from '../support/github/server.js';
import { itNightly } from '../support/nightly.js';
import { runAction } from '../support/world/action.js';
import { type Container, ownEnvironment, removeContainers, start, unused } from '../support/world/container.js';
import { docker, image, removeImages } from '../support/world/images.js';

const commits = ['1'.repeat(40), '2'.repeat(40)] as const;
const repository = unused('hd-github');
const references = commits.map((commit) => `${repository}:${commit}`) as unknown as readonly [string, string];

beforeAll(async () => {
  for (const [at, version] of ([1, 2] as const).entries()) {
    await docker('tag', await image({ example: 'octochat', version }), references[at] as string);
  }
});
afterAll(async () => {
  await docker('rmi', ...references);
  await removeImages();
});

describe('the Action, as the runner runs it, with GitHub at hand', () => {
  let github: GithubServer;
  let folder: string;
  let web: Container;
  beforeEach(async () => {
    [github, folder] = [await startGithub(), await mkdtemp(join(tmpdir(), 'hot-deploy-runner-'))];
    web = await start(references[0]);
  });
  afterEach(async () => {
    await removeContainers();
    await github.close();
    await rm(folder, { recursive: true });
  });

  async function step(event: string, commit: string, payload: object, inputs: Readonly<Record<string, string>>) {
    const path = join(folder, 'event.json');
    await writeFile(path, JSON.stringify(payload));
    const common = {
      ...{ containers: web.name, environment: ownEnvironment, build: 'false' },
      ...{ soak: '200ms', drain: '1s', rehearse: 'never' },
    };
    const said = await runAction({ ...common, ...inputs }, join(folder, event), folder, {
      token,
      GITHUB_API_URL: github.url,
      GITHUB_EVENT_NAME: event,
      GITHUB_EVENT_PATH: path,
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '1',
      GITHUB_SERVER_URL: 'https://github.test',
      GITHUB_SHA: commit,
    });
    expect(github.wrong).toEqual([]);
    return said;
  }
  const comment = (pullRequest: number) => {
    const found = github.state.comments.filter((each) => each.pullRequest === pullRequest);
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0]?.body;
  };

  it('says on a pull request what its merge would do, after it what it did, and of a rollback the same', async () => {
    const [, next] = commits;
    const plan = await step('pull_request', 'f'.repeat(40), { pull_request: { number: 7 } }, { image: references[1] });
    expect(plan.exitCode).toBe(0);
    expect(comment(7)).toMatch(
      /^📋 \*\*Planned 0\.1\.0 → 0\.2\.0: it can be loaded hot, and nothing was touched\.\*\*\n/,
    );
    expect(github.state.deployments).toEqual([]);

    github.state.pulls.set(7, { merged_at: '2026-01-02T03:04:05Z', merge_commit_sha: next });
    github.state.linked.set(next, [7]);
    const deploy = await step('push', next, {}, { image: references[1] });
    expect(deploy).toMatchObject({ exitCode: 0, outputs: { outcome: 'deployed', method: 'relup' } });
    expect(comment(7)).toMatch(/^✅ \*\*Deployed 0\.1\.0 → 0\.2\.0 hot/);
    expect(comment(7)).toContain(`📋 Planned 0.1.0 → 0.2.0`);

    const back = await step('workflow_dispatch', next, {}, { mode: 'rollback' });
    expect(back).toMatchObject({ exitCode: 0, outputs: { outcome: 'deployed' } });
    expect(comment(7)).toMatch(/^✅ \*\*Went back 0\.2\.0 → 0\.1\.0 hot/);
    expect(github.state.deployments.map(({ ref, task, statuses }) => [ref, task, statuses.at(-1)?.state])).toEqual([
      [next, 'deploy', 'success'],
      [commits[0], 'rollback', 'success'],
    ]);
  });

  itNightly(
    'deploys all the same where GitHub does not answer, and the job summary says what the comment would',
    async () => {
      github.trouble = () => ({ status: 403, body: { message: 'Resource not accessible by integration' } });
      const deploy = await step('push', commits[1], {}, { image: references[1] });
      expect(deploy).toMatchObject({ exitCode: 0, outputs: { outcome: 'deployed' } });
      expect(deploy.summary).toMatch(/^✅ \*\*Deployed 0\.1\.0 → 0\.2\.0 hot/);
      expect(await readFile(join(folder, 'push', 'hot-deploy', 'report.json'), 'utf8')).toContain('"deployed"');
    },
  );
});
