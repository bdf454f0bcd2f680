import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');

let folder: string;
let remote: string;

/** A repository with one commit, which each test begins with. */
const first = { folder: mkdtempSync(join(tmpdir(), 'hot-deploy-first-')), commit: '' };
beforeAll(() => {
  const at = ['-C', first.folder];
  git(...at, 'init', '--quiet', '--template=', '--initial-branch=main');
  git(...at, 'commit', '--quiet', '--allow-empty', '--message=first');
  first.commit = git(...at, 'rev-parse', 'HEAD');
});
afterAll(() => rmSync(first.folder, { recursive: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hot-deploy-release-'));
  remote = mkdtempSync(join(tmpdir(), 'hot-deploy-remote-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  rmSync(remote, { recursive: true });
});

function git(...words: readonly string[]): string {
  const person = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgSign=false'];
  const options = { cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync('git', [...person, ...words], options).trim();
}

interface State {
  readonly stated: string;
  readonly locked?: string;
  readonly changelog: string;
  readonly tags?: readonly string[];
}

function stand({ stated, locked = stated, changelog, tags = [] }: State): void {
  cpSync(first.folder, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: stated }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ version: locked }));
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  for (const tag of tags) writeFileSync(join(folder, '.git', 'refs', 'tags', tag), `${first.commit}\n`);
}

/** What the release's workflow asks before it tags anything. */
function notes(version: string) {
  const script = join(root, 'script/release-notes.mjs');
  return spawnSync(process.execPath, [script, version], { cwd: folder, encoding: 'utf8' });
}

const changelog = [
  '# Changelog',
  '## Unreleased',
  '- Not yet.',
  '## 1.10.0 - 2026-11-30',
  '### Added\n\n- This.',
  '## 1.1.0 - 2026-10-01',
  '- That.',
  '',
].join('\n\n');

describe('a version', () => {
  test('is released with its own section of the changelog as notes', () => {
    stand({ stated: '1.10.0', changelog, tags: ['v1', 'v1.1.0', 'v1.9.2', 'v2-next'] });
    expect(notes('1.10.0')).toMatchObject({ status: 0, stdout: '### Added\n\n- This.\n', stderr: '' });
  });

  test('may be the first', () => {
    stand({ stated: '1.10.0', changelog });
    expect(notes('1.10.0').status).toBe(0);
  });

  test.each(['', '1.10', 'v1.10.0', '1.10.0-rc.1', '01.10.0', '1.10.0\n', '$(id)'])('is not called %j', (version) => {
    stand({ stated: '1.10.0', changelog });
    expect(notes(version)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('is no version') });
  });

  test.each(['v1.10.0', 'v1.11.0', 'v2.0.0'])('is refused once %s is tagged', (tag) => {
    stand({ stated: '1.10.0', changelog, tags: ['v1.9.2', tag] });
    expect(notes('1.10.0')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('is not later') });
  });

  test('is the one that the package states, and its lockfile', () => {
    stand({ stated: '1.1.0', changelog });
    expect(notes('1.10.0')).toMatchObject({ status: 1, stderr: 'package.json says 1.1.0, and not 1.10.0.\n' });
    stand({ stated: '1.10.0', locked: '1.1.0', changelog });
    expect(notes('1.10.0')).toMatchObject({ status: 1, stderr: 'package-lock.json says 1.1.0, and not 1.10.0.\n' });
  });

  test.each([
    ['## 1.10.1 - 2026-11-30\n\n- This.\n', 'has no section'],
    ['## 1.10.0 - Unreleased\n\n- This.\n', 'has no date'],
    ['## 1.10.0 - 2026-11-30\n\n## 1.1.0 - 2026-10-01\n\n- That.\n', 'is empty'],
  ])('is refused where the changelog is %j', (text, why) => {
    stand({ stated: '1.10.0', changelog: text });
    expect(notes('1.10.0')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining(why) });
  });
});

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: object;
  readonly steps?: readonly { readonly name?: string; readonly run?: string }[];
}

describe('the workflow that releases', () => {
  const { permissions, jobs } = parse(read('.github/workflows/release.yml')) as {
    permissions: object;
    jobs: { version: Job; ci: Job; everything: Job; release: Job };
  };
  const scripts = Object.values(jobs).flatMap(({ steps = [] }: Job) => steps.map(({ run = '' }) => run));

  /** As the runner does it. */
  function tag(version: string) {
    const run = jobs.release.steps?.find(({ name }) => name === 'Tag')?.run ?? 'exit 99';
    const env = { ...process.env, VERSION: version };
    return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], { cwd: folder, env });
  }

  function publish(...tags: readonly string[]): void {
    stand({ stated: '1.10.0', changelog, tags });
    git('init', '--quiet', '--template=', '--bare', remote);
    git('remote', 'add', 'origin', remote);
    git('push', '--quiet', '--tags', 'origin', 'main');
    git('commit', '--quiet', '--allow-empty', '--message=second');
  }

  const published = () =>
    Object.fromEntries(
      git('ls-remote', '--tags', 'origin')
        .split('\n')
        .map((line) => line.split('\trefs/tags/').reverse()),
    );

  test('lets nothing but the last job write, and that only after everything was checked', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(jobs.version.permissions).toBeUndefined();
    expect(jobs.ci).toEqual({ needs: 'version', uses: './.github/workflows/ci.yml' });
    expect(jobs.everything).toEqual({ needs: 'version', uses: './.github/workflows/nightly.yml' });
    expect(jobs.release).toMatchObject({ needs: ['ci', 'everything'], permissions: { contents: 'write' } });
  });

  test('puts nothing that was typed in into a command', () => {
    expect(scripts.filter((run) => run.includes('${{'))).toEqual([]);
  });

  test('takes no secret that those who release are not told of', () => {
    const secrets = [...read('.github/workflows/release.yml').matchAll(/\bsecrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets).not.toEqual([]);
    for (const name of secrets) expect(read('CONTRIBUTING.md')).toContain(`\`${name}\``);
  });

  test('tags the version, and moves the major version to it', () => {
    publish('v1', 'v1.1.0');
    const [first, second] = [git('rev-parse', 'HEAD~'), git('rev-parse', 'HEAD')];
    expect(tag('1.10.0').status).toBe(0);
    expect(published()).toEqual({ 'v1.1.0': first, 'v1.10.0': second, v1: second });
  });

  test('makes the tag of a major version that is new', () => {
    publish('v1', 'v1.1.0');
    const [first, second] = [git('rev-parse', 'HEAD~'), git('rev-parse', 'HEAD')];
    expect(tag('2.0.0').status).toBe(0);
    expect(published()).toEqual({ v1: first, 'v1.1.0': first, v2: second, 'v2.0.0': second });
  });

  test.each(['v1', 'v1.10.0'])('leaves every tag where somebody else has pushed %s meanwhile', (theirs) => {
    publish('v1.1.0');
    const first = git('rev-parse', 'HEAD~');
    git('push', '--quiet', 'origin', `${first}:refs/tags/${theirs}`);
    expect(tag('1.10.0').status).not.toBe(0);
    expect(published()).toEqual({ 'v1.1.0': first, [theirs]: first });
  });
});

describe('what is released', () => {
  test('has a version of three numbers, which the changelog tells about', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(version).toMatch(/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/);
    expect(JSON.parse(read('package-lock.json')).version).toBe(version);
    expect(
      read('CHANGELOG.md')
        .split('\n')
        .map((line) => line.split(' - ')[0]),
    ).toContain(`## ${version}`);
  });

  test('begins its changelog with what is not released yet', () => {
    expect(/^## (.*)$/m.exec(read('CHANGELOG.md'))?.[1]).toBe('Unreleased');
  });

  test('is described as the Marketplace takes it', () => {
    const { name, description, author, branding } = parse(read('action.yml'));
    expect([name, author].filter((text) => typeof text !== 'string' || text === '')).toEqual([]);
    expect(description.length).toBeGreaterThan(0);
    expect(description.length).toBeLessThan(125);
    expect(['white', 'black', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark']).toContain(
      branding.color,
    );
    expect(branding.icon).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
  });
});

interface Element {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly label?: string; readonly value?: string; readonly options?: readonly unknown[] };
}

describe('a form for an issue', () => {
  const folder = '.github/ISSUE_TEMPLATE';
  const names = readdirSync(join(root, folder)).filter((name) => name !== 'config.yml');
  const bodyOf = (name: string): readonly Element[] => parse(read(`${folder}/${name}`)).body;

  test.each(names)('%s has the keys that GitHub demands', (name) => {
    const form = parse(read(`${folder}/${name}`));
    for (const key of ['name', 'description']) expect(form[key]).toMatch(/\S/);
    const body = bodyOf(name);
    expect(body.some(({ type }) => type !== 'markdown')).toBe(true);
    for (const { type, attributes } of body) {
      expect(['checkboxes', 'dropdown', 'input', 'markdown', 'textarea']).toContain(type);
      expect(type === 'markdown' ? attributes.value : attributes.label).toMatch(/\S/);
      if (['checkboxes', 'dropdown'].includes(type)) expect(attributes.options?.length).toBeGreaterThan(0);
    }
    const [ids, labels] = [body.flatMap(({ id = [] }) => id), body.flatMap(({ attributes: { label = [] } }) => label)];
    expect(ids.filter((id) => !/^[\w-]+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(labels).size).toBe(labels.length);
  });

  test('for a bug asks for what it takes to see it, and for no secrets', () => {
    const body = bodyOf('bug.yml');
    expect(body.flatMap(({ id = [] }) => id)).toEqual(
      expect.arrayContaining(['version', 'docker', 'otp', 'release-tool', 'expected', 'report', 'log']),
    );
    expect(body[0]).toMatchObject({ type: 'markdown', attributes: { value: expect.stringContaining('secret') } });
  });
});
