import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GithubServer } from '../github/server.js';
import { harness } from './harness.js';
import { onlyWhatIsPermitted } from './permissions.js';
import { examples } from './published.js';
import type { Shop } from './shop.js';
import { type Happening, readWorkflow } from './workflow.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-harness-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const pushed: Happening = { event: 'push', commit: 'abc', ref: 'refs/heads/main', payload: {} };

async function carriedOut(text: string, happening = pushed): Promise<number> {
  await writeFile(join(folder, 'a.yml'), text);
  const shop = { folder, workflows: folder, repository: 'Acme/Shop' } as unknown as Shop;
  return await harness.run('a.yml', happening, shop, { url: 'http://127.0.0.1:9' } as GithubServer);
}

const workflow = (steps: string, on = 'push:') => `name: A\non:\n  ${on}\njobs:\n  a:\n    steps:\n${steps}\n`;
const given = (words: string) => workflow(`      - uses: OWNER/hot-deploy@v1\n        with:\n          ${words}`);

test('jobs follow one another, and take what those before them said', async () => {
  const said = join(folder, 'said');
  const text = `name: A
on:
  push:
    branches: [main]
jobs:
  a:
    outputs:
      image: <steps.name.outputs.image>
    steps:
      - id: name
        run: echo "image=shop:$GITHUB_SHA" >> "$GITHUB_OUTPUT"
  b:
    needs: a
    steps:
      - run: exit 3
      - run: echo never >> "${said}"
      - if: always()
        run: echo "$IMAGE" >> "${said}"
        env:
          IMAGE: <needs.a.outputs.image>
  c:
    needs: b
    steps:
      - run: echo never >> "${said}"
  d:
    if: github.repository == 'acme/other'
    steps:
      - run: echo never >> "${said}"
`;
  expect(await carriedOut(text.replaceAll('<', '$' + '{{ ').replaceAll(/(?<=outputs\.image)>/g, ' }}'))).toBe(1);
  expect(await readFile(said, 'utf8')).toBe('shop:abc\n');
});

describe('it is an error', () => {
  const on = (text: string) => () => carriedOut(workflow('      - run: exit 0', text));
  test.each<[string, () => Promise<number>, string]>([
    ['that the Action has no such input', () => carriedOut(given('container: x')), 'has no input container'],
    ['that nothing is known by that name', () => carriedOut(given('to: $' + '{{ inputs.too }}')), 'inputs.too'],
    ['that nobody stands in', () => carriedOut(workflow('      - uses: acme/build@v1')), 'stands in for acme/build@v1'],
    ['that a stand-in lacks an input', () => carriedOut(workflow('      - uses: docker/login-action@v3')), 'registry'],
    ['that a step says something else', () => carriedOut(workflow('      - run: x\n        shel: bash')), 'shel'],
    ['that another event starts it', on('pull_request:'), 'not started by push'],
    ['that another branch starts it', on('push: { branches: [live] }'), 'not started by push'],
  ])('%s', async (_, attempt, why) => {
    await expect(attempt()).rejects.toThrow(why);
  });
});

describe('a token may do what the workflow permits', () => {
  const answer = async (text: string, operation: string) => {
    await writeFile(join(folder, 'a.yml'), text);
    const trouble = onlyWhatIsPermitted(await readWorkflow(join(folder, 'a.yml')));
    return trouble({ method: '', path: '', operation, body: undefined }, 1);
  };

  test('and nothing else', async () => {
    const { 'deploy.yml': deploy = '', 'build-and-deploy.yml': build = '' } = await examples();
    for (const operation of ['repos/create-deployment', 'issues/create-comment', 'repos/get-commit']) {
      expect(await answer(deploy, operation)).toBeUndefined();
      expect(await answer(build, operation)).toBeUndefined();
    }
    expect(await answer(deploy.replace('deployments: write', ''), 'repos/create-deployment')).toMatchObject({
      status: 403,
    });
    expect(await answer(deploy.replace('requests: write', 'requests: read'), 'issues/create-comment')).toMatchObject({
      status: 403,
    });
    expect(await answer(deploy, 'repos/delete')).toMatchObject({ status: 403 });
  });
});
