import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildImage } from '../../src/engines/build.js';
import type { Engine } from '../../src/engines/engine.js';
import { annotations } from '../../src/github/annotations.js';
import { rollbackWorkflow } from '../../src/github/rollback-workflow.js';
import { baseCommit } from '../../src/source/base-commit.js';
import { commitCheckedOut, isCheckedOut } from '../../src/source/checkout.js';
import { checkedOut } from '../../src/source/commit-files.js';
import { openGit } from '../../src/source/git.js';
import { provideFrom } from '../../src/source/provide.js';
import type { GithubRun } from '../../src/source/run.js';
import { addressOf } from '../../src/source/submodules.js';
import { placeHandWritten } from '../../src/strategies/relup/hand-written.js';
import type { Log } from '../../src/system/log.js';
import { report } from '../report/sample.js';
import { type Repository, startRepository } from '../support/git/repository.js';
import { type GitServer, startGitServer } from '../support/git/server.js';

const token = 'a-token-of-the-job';
const noConfiguration = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };

let repository: Repository;
let server: GitServer;
let commits: { readonly base: string; readonly merge: string };
let pristine: string;
let home: string;
/** A job's clone of its own for each test, and the file that nothing may write. */
let clone: string;
let marker: string;
let tests = 0;

beforeAll(async () => {
  repository = await startRepository();
  server = await startGitServer(repository.root, token);
  const base = await repository.commit({
    ...{ '.gitattributes': '*.ex filter=mark diff=mark\n', 'app/a.ex': 'one\n' },
  });
  await repository.git('checkout', '--quiet', '-b', 'change');
  await repository.commit({ 'app/a.ex': 'two\n' });
  commits = { base, merge: await repository.trialMerge('change') };
  pristine = await repository.checkout(commits.merge);
  home = join(repository.root, '..');
});
afterAll(async () => {
  await server.close();
  await repository.close();
});
beforeEach(async () => {
  tests += 1;
  clone = join(home, `clone-${tests}`);
  marker = join(home, `marker-${tests}`);
  await cp(pristine, clone, { recursive: true });
});

const write = async (path: string, text: string, mode = 0o644) => {
  const file = join(clone, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
};
const configure = (...lines: readonly string[]) => appendFile(join(clone, '.git/config'), `${lines.join('\n')}\n`);
const tell = () => `touch ${marker}`;
const program = () => `#!/bin/sh\n${tell()}\n`;
const pipe = (path: string) => promisify(execFile)('mkfifo', [join(clone, path)]);

const ownServer = (name: string) => ({ server: { url: server.url, token }, address: `${server.url}/acme/${name}` });

/** All that hot-deploy does with a clone, as a job with a token has it. Answers a file of the base commit. */
async function everything(context = clone, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const environment = { ...process.env, GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: commits.merge, ...more };
  await commitCheckedOut(context, environment);
  await isCheckedOut(context, commits.merge, environment);
  await annotations({ ...report, reasons: [] }, context);
  const git = await openGit(context, environment);
  try {
    const run: GithubRun = {
      ...{ apiUrl: '', serverUrl: server.url, owner: 'acme', repository: 'shop' },
      ...{ event: 'pull_request', commit: commits.merge, payload: { pull_request: { base: { sha: commits.base } } } },
    };
    return await checkedOut(git, await baseCommit(git, run), ownServer('shop'), (top) =>
      readFile(join(top, 'app/a.ex'), 'utf8'),
    );
  } finally {
    await git.close();
  }
}

const bare = 'a bare repository as the context';

/** What a clone holds, and the words with which git itself falls for it. */
const tricks: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  'a monitor of the files': async () => {
    await configure('[core]', `fsmonitor = "${tell()}; :"`);
    return ['status'];
  },
  hooks: async () => {
    for (const name of ['post-checkout', 'post-index-change', 'reference-transaction']) {
      await write(`.git/hooks/${name}`, program(), 0o755);
    }
    return ['checkout', '--quiet', 'HEAD'];
  },
  'hooks in the tree': async () => {
    await write('ci/post-checkout', program(), 0o755);
    await configure('[core]', `hooksPath = ${join(clone, 'ci')}`);
    return ['checkout', '--quiet', 'HEAD'];
  },
  'a filter': async () => {
    await configure('[filter "mark"]', `smudge = ${tell()}`, `clean = ${tell()}`, 'required = true');
    return ['checkout-index', '--force', '--all'];
  },
  'a filter that stays': async () => {
    await configure('[filter "mark"]', `process = ${tell()}`);
    await write('.git/info/attributes', '* filter=mark\n');
    return ['checkout-index', '--force', '--all'];
  },
  'a conversion for differences': async () => {
    await configure('[diff "mark"]', `textconv = "${tell()}; cat"`);
    return ['show', 'HEAD'];
  },
  'a program for differences': async () => {
    await configure('[diff]', `external = "${tell()}; :"`);
    return ['show', '--ext-diff', 'HEAD'];
  },
  'a file that is included': async () => {
    await write('config/shared', `[core]\nfsmonitor = "${tell()}; :"\n`);
    await configure('[include]', `path = ${join(clone, 'config/shared')}`);
    return ['status'];
  },
  'a file that is included for this folder': async () => {
    await write('config/shared', `[core]\nfsmonitor = "${tell()}; :"\n`);
    await configure(`[includeIf "gitdir:${home}/**"]`, `path = ${join(clone, 'config/shared')}`);
    return ['status'];
  },
  'a configuration of the worktree': async () => {
    await configure('[core]', 'repositoryFormatVersion = 1', '[extensions]', 'worktreeConfig = true');
    await write('.git/config.worktree', `[core]\nfsmonitor = "${tell()}; :"\n`);
    return ['status'];
  },
  'a git folder elsewhere': async () => {
    await configure('[core]', `fsmonitor = "${tell()}; :"`);
    await rename(join(clone, '.git'), join(clone, 'deps'));
    await write('.git', 'gitdir: deps\n');
    return ['status'];
  },
  [bare]: async () => {
    await cp(join(clone, '.git'), join(clone, 'app'), { recursive: true });
    const config = `[core]\nrepositoryFormatVersion = 0\nworktree = .\nfsmonitor = "${tell()}; :"\n`;
    await write('app/config', config);
    return ['-C', 'app', 'status'];
  },
  'a program for signatures': async () => {
    await write('ci/verify', program(), 0o755);
    await configure('[gpg]', `program = ${join(clone, 'ci/verify')}`, '[log]', 'showSignature = true');
    const signature = '-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----';
    const commit = (await plain('cat-file', 'commit', 'HEAD')).replace(/^parent .*\n/gm, '');
    await write('.git/signed', commit.replace('\n\n', `\ngpgsig ${signature}\n\n`));
    const signed = await plain('hash-object', '-t', 'commit', '-w', join(clone, '.git/signed'));
    await plain('update-ref', '-m', 'commit: sign', 'HEAD', signed.trim());
    await plain('config', 'remote.origin.url', 'https://github.com/acme/shop');
    return ['log', '--max-count=1'];
  },
  'a command of its own': async () => {
    await configure('[alias]', `audit = "!${tell()}"`);
    return ['audit'];
  },
  'a program for SSH': async () => {
    await configure('[core]', `sshCommand = "${tell()}; :"`);
    await plain('config', 'remote.origin.url', 'git@127.0.0.1:acme/shop');
    return ['fetch', 'origin', commits.base];
  },
  'a program as the transport': async () => {
    await configure('[protocol]', 'allow = always');
    await plain('config', 'remote.origin.url', `ext::touch ${marker}`);
    return ['fetch', 'origin', commits.base];
  },
  'another address instead': async () => {
    await configure('[protocol]', 'allow = always', `[url "ext::touch ${marker} "]`, `insteadOf = ${server.url}`);
    return ['fetch', `${server.url}/acme/shop`, commits.base];
  },
  'a program for the other side': async () => {
    await configure('[remote "origin"]', `uploadpack = "${tell()}; :"`);
    return ['fetch', 'origin', commits.base];
  },
  'a program for the refs of alternates': async () => {
    await configure('[core]', `alternateRefsCommand = "${tell()}; :"`);
    await write('.git/objects/info/alternates', `${repository.folder}/.git/objects\n`);
    await rm(join(clone, '.git/shallow'));
    return ['fetch', 'origin', 'main'];
  },
  'a program for passwords': async () => {
    await write('ci/ask', program(), 0o755);
    await configure('[credential]', `helper = "!${tell()}; :"`, '[core]', `askPass = ${join(clone, 'ci/ask')}`);
    return ['fetch', `${server.url}/acme/shop`, commits.base];
  },
};

async function plain(...words: readonly string[]): Promise<string> {
  const env = { ...process.env, ...noConfiguration, GIT_TERMINAL_PROMPT: '0' };
  return (await promisify(execFile)('git', [...words], { cwd: clone, env })).stdout;
}

describe('no program runs that a clone names, though git itself runs it:', () => {
  it.each(Object.entries(tricks))('%s', async (name, plant) => {
    const words = await plant();
    await plain(...words).catch(() => undefined);
    expect(existsSync(marker)).toBe(true);
    await rm(marker);

    expect(await everything(name === bare ? join(clone, 'app') : clone)).toBe('one\n');
    expect(existsSync(marker)).toBe(false);
  });

  it('variables of the environment', async () => {
    await write('ci/ask', program(), 0o755);
    const more = {
      ...{
        GIT_SSH_COMMAND: tell(),
        GIT_ASKPASS: join(clone, 'ci/ask'),
        GIT_EXTERNAL_DIFF: tell(),
        GIT_DIR: '/nowhere',
      },
      ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.fsmonitor', GIT_CONFIG_VALUE_0: tell(), GIT_TRACE: marker },
    };
    expect(await everything(clone, more)).toBe('one\n');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('a secret', () => {
  it('is in no words and no variables of git, and in no file while the work goes on', async () => {
    const log = join(home, `words-${tests}`);
    const real = (await promisify(execFile)('sh', ['-c', 'command -v git'])).stdout.trim();
    await write('bin/git', `#!/bin/sh\n{ echo "$@"; env; } >> ${log}\nexec ${real} "$@"\n`, 0o755);
    const environment = {
      ...{ PATH: `${join(clone, 'bin')}:${process.env['PATH']}`, 'INPUT_GITHUB-TOKEN': token, SECRET: token },
    };
    const git = await openGit(clone, environment);
    const files = await checkedOut(git, commits.base, ownServer('shop'), async () => {
      const names = await readdir(git.folder, { recursive: true, withFileTypes: true });
      return await Promise.all(
        names.filter((each) => each.isFile()).map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
      );
    });
    expect((await stat(git.folder)).mode & 0o777).toBe(0o700);
    await git.close();
    const seen = [await readFile(log, 'latin1'), ...files].join('\n');
    expect(seen).toContain(`fetch --no-tags --depth=1 -- ${server.url}/acme/shop ${commits.base}`);
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(Buffer.from(`x-access-token:${token}`).toString('base64'));
  });

  it('goes to no other server, also where the own one sends there', async () => {
    const other = await startGitServer(repository.root, 'another-token');
    const own = await startGitServer(repository.root, token, other.url);
    const git = await openGit(clone, process.env);
    const remote = { server: { url: own.url, token }, address: `${own.url}/acme/shop` };
    await expect(checkedOut(git, commits.base, remote, async () => undefined)).rejects.toThrow(
      `git could not fetch it from ${own.url}/acme/shop. If that is private, give a \`github-token\` that may read it`,
    );
    await Promise.all([git, own, other].map((each) => each.close()));
    expect(own.authorizations).toContain(`Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`);
    expect(other.authorizations.length).toBeGreaterThan(0);
    expect(other.authorizations.filter(Boolean)).toEqual([]);
  });
});

describe('a submodule', () => {
  let parts: { readonly old: string; readonly last: string };
  beforeAll(async () => {
    const [folder, bareParts] = [join(home, 'parts'), join(repository.root, 'acme', 'parts.git')];
    await repository.git('init', '--quiet', folder);
    const next = async (text: string) => {
      await writeFile(join(folder, 'part.txt'), text);
      await repository.git('-C', folder, 'add', '--all');
      await repository.git('-C', folder, 'commit', '--quiet', '--message', text);
      return await repository.git('-C', folder, 'rev-parse', 'HEAD');
    };
    parts = { old: await next('old'), last: await next('last') };
    await repository.git('clone', '--quiet', '--bare', folder, bareParts);
    await repository.git('-C', bareParts, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  });

  /** A commit with a submodule, and a clone in which that is filled. @param there the submodule's commit that the clone has */
  async function commitWith(url: string, there: string): Promise<string> {
    await repository.git('checkout', '--quiet', '--force', '--detach', commits.base);
    await mkdir(join(repository.folder, 'parts'), { recursive: true });
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${parts.old},parts`);
    await writeFile(join(repository.folder, '.gitmodules'), `[submodule "p"]\n\tpath = parts\n\turl = ${url}\n`);
    await repository.git('add', '.gitmodules');
    await repository.git('commit', '--quiet', '--message', 'parts');
    const commit = await repository.git('rev-parse', 'HEAD');
    await repository.git('push', '--quiet', '--force', 'origin', `${commit}:refs/heads/parts-${tests}`);
    const [source, place] = [join(repository.root, 'acme', 'parts.git'), join(clone, 'parts')];
    await repository.git('init', '--quiet', place);
    await repository.git('-C', place, 'fetch', '--quiet', '--depth=1', `file://${source}`, there);
    await repository.git('-C', place, 'checkout', '--quiet', there);
    return commit;
  }
  const part = async (commit: string) => {
    const git = await openGit(clone, process.env);
    const read = checkedOut(git, commit, ownServer('shop'), (top) => readFile(join(top, 'parts/part.txt'), 'utf8'));
    return await read.finally(git.close);
  };

  it('of the run’s server comes with the token', async () => {
    expect(await part(await commitWith('../parts.git', parts.last))).toBe('old');
  });

  it('of elsewhere is taken from the clone, or refused', async () => {
    const url = 'ext::touch marker';
    expect(await part(await commitWith(url, parts.old))).toBe('old');
    await rm(join(clone, 'parts'), { recursive: true });
    await expect(part(await commitWith(url, parts.last))).rejects.toThrow(
      `which hot-deploy fetches by HTTPS only, and not from ${url}. Fetch it into the clone with all its files,`,
    );
  });

  it.each([
    ['../parts.git', 'https://github.com/acme/parts.git'],
    ['./parts', 'https://github.com/acme/shop/parts'],
    ['git@github.com:acme/parts.git', 'https://github.com/acme/parts.git'],
    ['ssh://git@github.com/acme/parts', 'https://github.com/acme/parts'],
    ['https://user:word@example.org/parts?a#b', 'https://example.org/parts'],
    ['git@example.org:acme/parts', undefined],
    ['http://github.com/acme/parts', undefined],
    ['file:///srv/parts', undefined],
    ['/srv/parts', undefined],
    ['ext::sh -c true', undefined],
    ['--upload-pack=true', undefined],
    ['', undefined],
  ])('is fetched by HTTPS and in no other way: %s', (url, address) => {
    expect(addressOf(url, 'https://github.com/acme/shop', 'https://github.com')).toBe(address);
    expect(addressOf(url, undefined, undefined)).toBe(url.startsWith('https:') ? address : undefined);
  });

  it('runs nothing that its clone or that of the repository names', async () => {
    const commit = await commitWith('../parts.git', parts.last);
    await plain('fetch', '--quiet', `file://${repository.origin}`, commit);
    await plain('read-tree', commit);
    await write('.gitmodules', '[submodule "p"]\npath = parts\nurl = ../parts.git\n');
    await configure('[submodule "p"]', 'active = true', `url = ${server.url}/acme/parts`, `update = "!${tell()}; :"`);
    await plain('-C', 'parts', 'config', 'core.fsmonitor', `${tell()}; :`);
    for (const words of [['status'], ['submodule', 'update']]) {
      await plain(...words).catch(() => undefined);
      expect(existsSync(marker)).toBe(true);
      await rm(marker);
    }
    expect(await part(commit)).toBe('old');
    expect(existsSync(marker)).toBe(false);
  });

  it('is left out where those of the clone are not filled', async () => {
    const commit = await commitWith('ext::touch marker', parts.old);
    await rm(join(clone, 'parts'), { recursive: true });
    await expect(part(commit)).rejects.toThrow('ENOENT');
  });
});

describe('links and pipes', () => {
  const secret = 'secret of the machine';
  beforeEach(() => writeFile(join(home, 'secret'), secret));

  it('of a clone give nothing away that lies outside', async () => {
    await symlink(join(home, 'secret'), join(clone, '.git/packed-refs'));
    await rm(join(clone, '.git/HEAD'));
    await write('.git/HEAD', 'ref: refs/heads/gone\n');
    await expect(plain('for-each-ref')).rejects.toThrow(secret);
    const refused = await openGit(clone, process.env).catch((error: unknown) => error);
    expect(refused).toMatchObject({ message: expect.stringContaining('git does not say which commit') });
    expect(JSON.stringify(refused)).not.toContain(secret);
  });

  it('in the place of the context’s folder are refused', async () => {
    await repository.git('checkout', '--quiet', '--force', '--detach', commits.base);
    await repository.git('rm', '--quiet', '-r', '--force', 'app');
    await symlink(home, join(repository.folder, 'app'));
    await repository.git('add', '--all');
    await repository.git('commit', '--quiet', '--message', 'a link');
    const commit = await repository.git('rev-parse', 'HEAD');
    await repository.git('push', '--quiet', 'origin', `${commit}:refs/heads/link`);
    const git = await openGit(join(clone, 'app'), process.env);
    const work = vi.fn(async () => undefined);
    await expect(checkedOut(git, commit, ownServer('shop'), work)).rejects.toThrow('has no folder app/');
    expect(work).not.toHaveBeenCalled();
    await git.close();
  });

  it('of a clone are not waited for', async () => {
    for (const name of ['config', 'packed-refs', 'shallow', 'refs/pipe', 'commondir']) {
      await rm(join(clone, '.git', name), { force: true });
      await pipe(`.git/${name}`);
    }
    expect(await everything()).toBe('one\n');
  });

  it('are no appups, and are packed into nothing', async () => {
    const change = { name: 'shop', from: '1', to: '2', fromDirectory: '', toDirectory: '', appup: false };
    const path = 'rel/appups/shop/1_to_2.appup';
    const place = async () => {
      const [placed] = await placeHandWritten(undefined as never, clone, [change]);
      await rm(join(clone, path));
      return placed;
    };
    await mkdir(join(clone, dirname(path)), { recursive: true });
    await symlink(join(home, 'secret'), join(clone, path));
    const unreadable = { kind: 'unreadable', file: path };
    expect(await place()).toMatchObject({ ...unreadable, why: 'a link leads to it elsewhere' });
    await pipe(path);
    expect(await place()).toMatchObject({ ...unreadable, why: 'it is no regular file' });
    await write(path, ' '.repeat(5_000_000));
    expect(await place()).toMatchObject({ ...unreadable, why: 'it has more than 4194304 bytes' });
  });

  it('are no workflows', async () => {
    const run = { serverUrl: 'https://github.com', owner: 'acme', repository: 'shop' } as GithubRun;
    const workflow = 'on: workflow_dispatch\njobs:\n  a:\n    mode: rollback\n';
    await writeFile(join(home, 'workflow'), workflow);
    await mkdir(join(clone, '.github/workflows'), { recursive: true });
    await symlink(join(home, 'workflow'), join(clone, '.github/workflows/a.yml'));
    await pipe('.github/workflows/b.yml');
    expect(await rollbackWorkflow(run, clone)).toBeUndefined();
    await write('.github/workflows/c.yml', workflow);
    expect(await rollbackWorkflow(run, clone)).toMatch(/c\.yml$/);
  });
});

describe('a build', () => {
  const id = 'sha256:1';
  const engine = {
    ...{ address: '', cliEnvironment: {} },
    findImage: async (name: string) => (name === id ? { Id: id, Config: {} } : undefined),
  } as unknown as Engine;
  /** A docker command line that builds nothing, and writes down what it was given. */
  const docker = [
    '#!/bin/sh',
    '[ "$2" = build ] || exit 0',
    'while [ $# -gt 1 ]; do [ "$1" = --iidfile ] && printf sha256:1 > "$2"; shift; done',
  ];
  beforeEach(async () => {
    await write(
      'bin/docker',
      [...docker, `{ echo "$BUILDX_GIT_INFO"; cat "$1/app/a.ex"; } > ${marker}`].join('\n'),
      0o755,
    );
    vi.stubEnv('PATH', `${clone}/bin:${process.env['PATH']}`);
  });
  afterEach(() => vi.unstubAllEnvs());

  it('of the base commit has its files, in a folder that is gone afterwards, and its plug-in runs no git', async () => {
    const event = join(home, 'event.json');
    await writeFile(event, JSON.stringify({ pull_request: { base: { sha: commits.base } } }));
    const environment = {
      ...{ ...process.env, GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: commits.merge },
      ...{ GITHUB_SERVER_URL: server.url, GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event },
    };
    const inputs = { build: { args: [] }, context: clone, environment: 'production', githubToken: token };
    const temporary = await mkdtemp(join(home, 'temporary-'));
    vi.stubEnv('TMPDIR', temporary);
    const { signal } = new AbortController();
    const image = await provideFrom(engine, { kind: 'base-branch' }, inputs, { ...world(environment), signal });
    expect(image).toEqual({
      ...{ name: commits.base.slice(0, 12), id },
      comparedWith: { what: 'base-branch', commit: commits.base, image: commits.base.slice(0, 12) },
    });
    expect(await readFile(marker, 'utf8')).toBe('false\none\n');
    expect(await readdir(temporary)).toEqual([]);
  });

  it.each(['.dockerignore', 'Dockerfile', 'Dockerfile.dockerignore'])('waits for no pipe: %s', async (name) => {
    await pipe(name);
    await expect(buildImage(engine, { context: clone }, world(process.env))).rejects.toThrow(`${name} is no file`);
    expect(existsSync(marker)).toBe(false);
  });
});

const world = (environment: NodeJS.ProcessEnv) => {
  const nothing = () => undefined;
  const log: Log = {
    ...{ info: nothing, output: nothing, warning: nothing, debug: nothing, mask: nothing },
    group: (_, work) => work(),
  };
  return { log, environment };
};
