import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GithubServer, startGithub } from '../support/github/server.js';
import { onlyNightly } from '../support/tier.js';
import { act } from '../support/workflows/act.js';
import { harness } from '../support/workflows/harness.js';
import { onlyWhatIsPermitted } from '../support/workflows/permissions.js';
import { examples } from '../support/workflows/published.js';
import type { Runner } from '../support/workflows/runner.js';
import { openShop, pullRequest, type Shop } from '../support/workflows/shop.js';
import { type Happening, readWorkflow } from '../support/workflows/workflow.js';
import { type Container, eventually, published, removeContainers, start } from '../support/world/container.js';
import { docker } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';

// What the published workflows speak of.
const label = 'role=web';
const port = 4000;

const minutes = 60_000;

const calling = `name: Call
on: push
permissions:
  contents: read
  deployments: write
  pull-requests: write
jobs:
  deploy:
    uses: ./.github/workflows/deploy.yml
    with:
      containers: NAME
`;

let shop: Shop;
let github: GithubServer;
let web: Container;
let began: string;

function inShop(): void {
  beforeAll(async () => {
    await nobodyElse(5 * minutes);
    shop = await openShop(await examples());
  });
  afterAll(async () => {
    await shop.remove();
  });
  beforeEach(async () => {
    await nobodyElse(minutes);
    github = await startGithub();
    const ports = await published(4040, port);
    web = await start(shop.image, ['--label', label, '--env', `OCTOCHAT_HTTP_PORT=${port}`, ...ports]);
    began = await life();
  });
  afterEach(async () => {
    await removeContainers();
    await github.close();
  });
}

const labelled = async () => await docker('ps', '--all', '--filter', `label=${label}`, '--format', '{{.Names}}');

/** Whoever has the label would be deployed to; of another run of these tests the end is awaited. */
async function nobodyElse(timeoutMs: number): Promise<void> {
  const free = async () => {
    const others = await labelled();
    if (others !== '') throw new Error(`${others} would be deployed to: these tests need an engine without any`);
    return true;
  };
  await eventually(`an engine on which no container has the label ${label}`, free, timeoutMs);
}

/** What tells whether it was started again. */
const life = async () => (await web.inspect()).State.StartedAt;

/** @param called what `file` calls, and holds the permissions */
async function happens({ run }: Runner, file: string, happening: Happening, called = file): Promise<number> {
  await shop.checkOut(happening.commit);
  github.trouble = onlyWhatIsPermitted(await readWorkflow(join(shop.workflows, called)), happening.isFork);
  await rm(join(dirname(shop.folder), 'artifacts'), { recursive: true, force: true });
  const exitCode = await run(file, happening, shop, github);
  expect(github.wrong).toEqual([]);
  return exitCode;
}

/** The files that the last run has left as artifacts. */
const kept = async () => {
  const all = await readdir(join(dirname(shop.folder), 'artifacts'), { recursive: true, withFileTypes: true });
  return all.flatMap((each) => (each.isFile() ? [each.name] : [])).sort();
};

/** The push that GitHub links to its pull request. */
function merge(): Happening {
  github.state.pulls.set(pullRequest, { merged_at: '2026-01-02T03:04:05Z', merge_commit_sha: shop.merged });
  github.state.linked.set(shop.merged, [pullRequest]);
  return shop.pushed();
}

const comment = () => {
  expect(github.state.comments.map((each) => each.pullRequest)).toEqual([pullRequest]);
  return github.state.comments[0]?.body;
};

const deployments = () =>
  github.state.deployments.map(({ ref, task, statuses }) => [ref, task, statuses.map(({ state }) => state)]);

async function isDeployedHot(): Promise<void> {
  expect(await kept()).toEqual(['hot-deploy-0.1.0-0.2.0.tar.gz', 'hot-deploy.sh', 'report.json']);
  expect(await served(web)).toBe('0.2.0');
  expect(await life()).toBe(began);
  expect(comment()).toMatch(/^✅ \*\*Deployed 0\.1\.0 → 0\.2\.0 hot[^\n]*no request failed/);
  expect(comment()).toContain(`https://github.com/${shop.repository}/actions/workflows/rollback.yml`);
  expect(deployments()).toEqual([[shop.merged, 'deploy', ['in_progress', 'success']]]);
}

async function planDeployAndGoBack(runner: Runner, plan: string, deploy: string): Promise<void> {
  expect(await happens(runner, plan, shop.opened())).toBe(0);
  expect(comment()).toMatch(/^📋 \*\*Planned 0\.1\.0 → 0\.2\.0: it can be loaded hot, and nothing was touched\.\*\*\n/);
  expect(deployments()).toEqual([]);
  expect(await served(web)).toBe('0.1.0');

  expect(await happens(runner, deploy, merge())).toBe(0);
  await isDeployedHot();
  expect(comment()).toContain('📋 Planned 0.1.0 → 0.2.0');

  expect(await happens(runner, 'rollback.yml', shop.dispatched({ to: '9.9.9' }))).toBe(1);
  expect(await kept()).toEqual(['report.json']);
  expect(await served(web)).toBe('0.2.0');
  expect(await happens(runner, 'rollback.yml', shop.dispatched({ to: '0.1.0' }))).toBe(0);
  expect(await served(web)).toBe('0.1.0');
  expect(await life()).toBe(began);
  expect(comment()).toMatch(/^✅ \*\*Went back 0\.2\.0 → 0\.1\.0 hot[^\n]*no request failed/);
  expect(deployments().slice(1)).toEqual([
    [shop.merged, 'rollback', ['in_progress', 'failure']],
    [shop.first, 'rollback', ['in_progress', 'success']],
  ]);
}

const runners = [harness, ...onlyNightly(act)].map(
  (runner) =>
    [runner.absent === undefined ? runner.name : `${runner.name}, skipped: ${runner.absent}`, runner] as const,
);

describe.each(runners)('the published workflows, unchanged, carried out by %s', (_, runner) => {
  inShop();

  const course = 'plan a pull request, deploy its merge hot, and go back when somebody says so';
  it.skipIf(runner.absent)(
    course,
    async () => await planDeployAndGoBack(runner, 'plan.yml', 'deploy.yml'),
    10 * minutes,
  );

  it.skipIf(runner.absent)('deploy hot what another machine has built', async () => {
    expect(await happens(runner, 'build-and-deploy.yml', merge())).toBe(0);
    await isDeployedHot();
    // The Action has not built it once more.
    const revision = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
    const image = `ghcr.io/${shop.repository.toLowerCase()}:${shop.merged}`;
    expect(await docker('image', 'inspect', '--format', revision, image)).toBe(shop.merged);
  });

  it.skipIf(runner.absent)('plan what came from a fork, whose runs may write nothing', async () => {
    expect(await happens(runner, 'plan.yml', shop.opened('somebody/fork'))).toBe(0);
    expect(github.asked.map(({ operation }) => operation)).toContain('repos/list-deployments');
    expect(github.state.comments).toEqual([]);
    expect(await served(web)).toBe('0.1.0');
  });
});

describe.each(onlyNightly(act))('a workflow of somebody, carried out by $name', () => {
  inShop();

  it.skipIf(act.absent)('deploys hot by calling the one that is published', async () => {
    await writeFile(join(shop.workflows, 'call.yml'), calling.replace('NAME', web.name));
    expect(await happens(act, 'call.yml', merge(), 'deploy.yml')).toBe(0);
    await isDeployedHot();
  });
});

describe.each(onlyNightly(act))('the workflow of the README, unchanged, carried out by $name', () => {
  inShop();

  it.skipIf(act.absent)(
    'plans a pull request, deploys its merge hot, and goes back by the one for that',
    async () => await planDeployAndGoBack(act, 'plan-and-deploy.yml', 'plan-and-deploy.yml'),
    10 * minutes,
  );
});
