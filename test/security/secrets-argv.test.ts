import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildImage, clientVariables } from '../../src/engines/build.js';
import type { Engine, ExecCommand } from '../../src/engines/engine.js';
import { switchScript } from '../../src/node/config.js';
import { Node } from '../../src/node/node.js';
import { asked, callNode } from '../../src/node/shell.js';
import { isNumber } from '../../src/system/shape.js';

/** Of nobody else on this machine. */
const cookie = `COOKIE-${process.pid}-of-nobody`;
const quiet = {
  info: () => {},
  output: () => {},
  warning: () => {},
  debug: () => {},
  group: <T>(_: string, work: () => Promise<T>) => work(),
};

let folder: string;
let bin: string;
const program = (name: string, ...lines: readonly string[]) =>
  writeFile(join(bin, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-argv-'));
  bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(folder, 'looked for'), cookie);
});
beforeEach(() => rm(join(folder, 'seen'), { force: true }));
afterAll(() => rm(folder, { recursive: true }));
const seen = () => readFile(join(folder, 'seen'), 'utf8').catch(() => '');
const path = () => `${bin}:${process.env['PATH']}`;

/** Notes who has the cookie in sight while the node is asked: arguments and environments of all processes, and its file. */
const looks = () => [
  'exec 3>>"$SEEN"',
  `grep -lFf '${join(folder, 'looked for')}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -v "/$$/" >&3`,
  'echo "arguments $*" >&3',
  'stat -c "mode %a" "$HOME" "$HOME/.erlang.cookie" >&3 2>/dev/null',
  'echo "file $(cat "$HOME/.erlang.cookie" 2>/dev/null)" >&3',
];

describe.each(['sh', 'bash'])('where a node is asked by %s', (shell) => {
  /** A process of this machine in the place of the VM. */
  async function ask(script: string, input: string, words: readonly string[] = [], vm: readonly string[] = []) {
    const home = join(folder, 'home');
    const stands = spawn('/bin/sh', ['-c', 'echo; read -r end', 'beam.smp', ...vm], { env: { HOME: home } });
    try {
      await new Promise((done) => stands.stdout.once('data', done));
      const argv = ['-c', script, 'hot-deploy', String(stands.pid), bin, '-sname', 'shop@host', ...words];
      const env = { PATH: path(), SEEN: join(folder, 'seen'), cookie: 'exported' };
      return spawnSync(shell, argv, { input, encoding: 'utf8', env });
    } finally {
      stands.kill('SIGKILL');
    }
  }
  const left = async () =>
    (await readdir('/dev/shm').catch(() => [])).filter((name) => name.startsWith('.hot-deploy-'));

  it('a cookie that was given is in a file of its own for that time, and in no argument or environment', async () => {
    await program('erl_call', ...looks(), 'cat');
    const before = await left();
    const { stdout } = await ask(callNode, asked({ cookie }, 'ok.'));
    expect(stdout).toBe('ok.');
    expect(await seen()).toMatch(
      new RegExp(
        `^arguments -sname shop@host -h hot_deploy_\\d -e -fetch_stdout -no_result_term\nmode 700\nmode 600\nfile ${cookie}\n$`,
      ),
    );
    expect(await left()).toEqual(before);
  });

  it("the VM's own, which stands in its arguments, is in none of ours", async () => {
    await program('erl_call', ...looks(), 'cat');
    const { stdout } = await ask(callNode, asked({}, 'ok.'), [], ['-setcookie', cookie]);
    expect(stdout).toBe('ok.');
    expect((await seen()).match(/^\/proc.*$/gm)).toHaveLength(1);
    expect(await seen()).toContain(`mode 600\nfile ${cookie}\n`);
  });

  it("and where it stands in the VM's home directory, it stays there", async () => {
    await program('erl_call', 'echo "home $HOME" >>"$SEEN"', 'cat');
    const { stdout } = await ask(callNode, asked({}, 'ok.'));
    expect([stdout, await seen()]).toEqual(['ok.', `home ${join(folder, 'home')}\n`]);
  });

  it('the file goes where the node cannot be asked, and where the shell is told to end', async () => {
    const before = await left();
    await program('erl_call', ...looks(), 'kill -TERM $PPID; exit 1');
    expect((await ask(callNode, asked({ cookie }, 'ok.'))).stdout).toBe('');
    expect(await seen()).toContain(`file ${cookie}\n`);
    expect(await left()).toEqual(before);
  });

  it('an upgrade gives it to nobody but the call, after the word to go', async () => {
    await program('erl', "cat >/dev/null; echo 'hot-deploy-config Q09ORklH'");
    await program('erl_call', ...looks(), 'cat');
    await program('sha256sum', 'true');
    const words = ['boot', folder, 'source', 'digest', 'file'];
    const { stdout } = await ask(switchScript, `go\n${asked({ cookie }, 'install().')}`, words);
    expect(stdout).toBe('Config=binary_to_term(base64:decode("Q09ORklH")),install().');
    expect(await seen()).toMatch(new RegExp(`^arguments [^\n]*\nmode 700\nmode 600\nfile ${cookie}\n$`));
    await rm(join(bin, 'sha256sum'));
  });
});

it('the Docker engine is told no cookie by an exec: neither in its words nor in its environment', async () => {
  const commands: ExecCommand[] = [];
  const exec = async (_: string, command: ExecCommand) => {
    commands.push({ ...command, stdin: await (command.stdin as string | Promise<string>) });
    return { exitCode: 0, stdout: Buffer.from('\nhot-deploy-answer {"ok":1}\n'), stderr: Buffer.alloc(0) };
  };
  const vm = { pid: '1', user: '0:0', bin: '/bin', root: '/app', args: [] };
  const node = new Node({ engine: { exec } as unknown as Engine, container: 'id', vm, cookie });
  const request = { set: 'node', module: 'm', function: 'f', argument: [] } as const;
  const config = { root: '/app', version: '2', running: '1', applications: [] };
  await node.ask(request, isNumber);
  await node.prepare(config, { file: 'sums', sha256: 'ab' }, 1_000).go(request, isNumber);
  expect(commands.map(({ stdin }) => String(stdin).split('\n').slice(0, 2))).toEqual([
    [cookie, expect.stringMatching(/^case /)],
    ['go', cookie],
  ]);
  for (const { argv, environment } of commands) expect(JSON.stringify([argv, environment])).not.toContain(cookie);
});

describe('the value of a build argument', () => {
  const args = ['NPM_TOKEN=hunter2 hunter2', 'VERSION=1.2.3', 'EMPTY=', 'FROM_OUTSIDE', 'BUILDKIT_INLINE_CACHE=1'];

  it('is in no command line: the client takes it from its environment', async () => {
    await program(
      'docker',
      'case $1 in --version) echo 20.10.1; exit ;; buildx) exit 1 ;; esac',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell reads it.
      'printf "%s\\n" "$@" "token $NPM_TOKEN" "empty ${EMPTY-unset}" >>"$SEEN"',
      'for word; do [ "$before" != --iidfile ] || echo sha256:1 >"$word"; before=$word; done',
    );
    const engine = { address: 'unix:///x', cliEnvironment: {}, findImage: async () => ({}) } as unknown as Engine;
    const environment = { PATH: path(), SEEN: join(folder, 'seen'), EMPTY: 'mine' };
    await buildImage(engine, { context: '.', buildArgs: args }, { log: quiet, environment });
    const told = (await seen()).split('\n');
    expect(told).toEqual(
      expect.arrayContaining(['NPM_TOKEN', 'VERSION', 'EMPTY', 'FROM_OUTSIDE', 'BUILDKIT_INLINE_CACHE=1']),
    );
    expect(told).toEqual(expect.arrayContaining(['token hunter2 hunter2', 'empty ']));
    expect(told.filter((line) => line.includes('=hunter2'))).toEqual([]);
  });

  it('changes neither the client nor its way to the engine', () => {
    const variables = (argument: string, address = 'tcp://10.0.0.5:2376', own = {}) =>
      clientVariables({ buildArgs: [argument] }, own, address);
    for (const name of ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_BUILDKIT', 'BUILDX_BUILDER', 'LD_PRELOAD']) {
      expect(variables(`${name}=/x`)).toEqual({});
    }
    const proxy = 'HTTPS_PROXY=http://me:pw@proxy';
    expect(variables(proxy)).toEqual({ HTTPS_PROXY: 'http://me:pw@proxy', NO_PROXY: ',10.0.0.5' });
    expect(variables(proxy, undefined, { no_proxy: 'db' })).toMatchObject({ NO_PROXY: 'db,10.0.0.5' });
    expect(variables(proxy, 'unix:///x')).toEqual({ HTTPS_PROXY: 'http://me:pw@proxy' });
    expect(variables('SSH_PRIVATE_KEY=a=b\nc')).toEqual({ SSH_PRIVATE_KEY: 'a=b\nc' });
  });
});

describe('hot-deploy.sh', () => {
  const parts = (...names: readonly string[]) =>
    // Without the last line, which runs it.
    names.map((name) => `. <(grep -v '^main ' '${resolve('src/fallback/parts', `${name}.sh`)}')`).join('\n');
  const bash = (
    script: string,
    { input = '', environment = {} }: { input?: string; environment?: Record<string, string> } = {},
  ) =>
    spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `set -Eeuo pipefail\nexport LC_ALL=C\nwork=${folder} names=() reference='' shown=1 dry= context=. reference_label=r\n${script}`,
      ],
      {
        input,
        encoding: 'utf8',
        env: { PATH: path(), SEEN: join(folder, 'seen'), ...environment },
      },
    );
  const foreign = (said: string, ...entries: readonly string[]) => {
    const words = entries.map((entry) => `$'${entry.replaceAll('\n', '\\n')}'`).join(' ');
    const script = `${parts('90-engine')}\nlearn "COOKIE=\${HOT_DEPLOY_COOKIE-}" ${words}\nforeign`;
    return bash(script, { input: said, environment: { HOT_DEPLOY_COOKIE: cookie } }).stdout;
  };

  it.each([
    ['::add-mask::x', '\u200b::add-mask::x\n'],
    ['\u00a0\t::error::x\nb', '\u00a0\u200b::error::x\nb\n'],
    ['built\r::error::x', 'built ::error::x\n'],
    ['\u001b[1m::error::x\u001b[0m ##[group]', '\u200b::error::x ##\u200b[group]\n'],
  ])('shows %j as no command to a runner', (said, shown) => expect(foreign(said)).toBe(shown));

  it('shows neither the cookie nor what is called a secret, and ordinary words', () => {
    const entries = [
      'DB_PASSWORD=correct-horse',
      'API_KEY=first-line\nsecond-line',
      'TOKEN=postgres',
      'GREETING=good-morning',
      'LC_GREETING=good-evening',
    ];
    expect(
      foreign(
        `${cookie} correct\u001b[31m-horse first-line\nsecond-line postgres good-morning good-evening`,
        ...entries,
      ),
    ).toBe('*** *** ***\n*** postgres *** good-evening\n');
  });

  it.each(['s3cr3t"\\#{Wörd}', 'plain-secret-of-twenty'])('shows a secret in no spelling: %s', (secret) => {
    const bytes = Buffer.from(secret);
    const escaped = JSON.stringify(secret).slice(1, -1);
    const base64 = [0, 1, 2].map((before) => Buffer.concat([Buffer.alloc(before, 'x'), bytes]).toString('base64'));
    const spelled = [
      ...[secret, encodeURIComponent(secret), escaped, escaped.replace('#{', '\\#{')],
      ...[bytes.toString('hex'), bytes.toString('hex').toUpperCase(), [...bytes].join(), [...bytes].join(', ')],
      ...base64,
      ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')),
    ];
    const quoted = secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    const said = foreign(`${spelled.join('\n')}\n`, `DB_PASSWORD=${quoted}`)
      .split('\n')
      .slice(0, -1);
    expect(said).toHaveLength(spelled.length);
    // Of base64 the letters at both ends hold a part of what stands around, too.
    for (const [at, line] of said.entries()) expect(line, spelled[at]).toMatch(/^[\w+/-]{0,3}\*\*\*[\w+/=-]{0,3}$/);
  });

  it('shows no password of an address, whoever has written it', () => {
    const entry = 'DATABASE_URL=postgres://me:pa55word@db/app';
    expect(foreign('to postgres://you:other1@db and redis://:x@r', entry)).toBe(
      'to postgres://you:***@db and redis://:***@r\n',
    );
    expect(foreign('pa55word was refused', entry)).toBe('*** was refused\n');
  });

  it('gives a cookie to the container by standard input alone', async () => {
    await program('docker', 'printf "%s\\n" "$@" "$(env)" >>"$SEEN"', 'cat >&2');
    const script = `${parts('90-engine', '40-hot')}
find_vm() { :; }
held() { :; }
vm_user=0 vm_pid=1 vm_bin=/b vm_flag=-sname vm_node=a suspend_ms=1 entries=()
environment=e token=1 fresh=(); mkdir "$work/bundle"; echo : >"$work/bundle/ask.sh"; echo '{N,B}=@WORDS@.' >"$work/bundle/ask.erl"
ask id state || true; cat "$work/complaint"`;
    const { stdout } = bash(script, { environment: { HOT_DEPLOY_COOKIE: cookie } });
    expect(stdout.split('\n').slice(0, 2)).toEqual([cookie, expect.stringMatching(/^\{N,B\}=/)]);
    expect(await seen()).toContain('exec\n--interactive');
    expect(await seen()).not.toContain(cookie);
  });

  it('gives build arguments by their names, and shows no values', async () => {
    await program(
      'docker',
      'case $1 in buildx) exit 1 ;; image) echo sha256:1; exit ;; esac',
      'printf "%s\\n" "$@" "token $NPM_TOKEN" >>"$SEEN"',
      'echo "::error::said $NPM_TOKEN"',
      'for word; do [ "$before" != --iidfile ] || echo sha256:1 >"$word"; before=$word; done',
    );
    const script = `${parts('90-engine', '70-container')}
entries=() build_options_known=1 given_image='' reference=r build_needs=() build_values=('NPM_TOKEN=hunter2 hunter2')
build_options=(--build-arg NPM_TOKEN --build-arg HOME=/root)
provide_image; echo "built $image_id"`;
    const { stdout, stderr } = bash(script);
    expect(stdout).toMatch(/--build-arg NPM_TOKEN --build-arg HOME=\/root .*\nbuilt sha256:1\n$/s);
    expect(stderr).toBe('\u200b::error::said ***\n');
    expect((await seen()).split('\n')).toEqual(expect.arrayContaining(['NPM_TOKEN', 'token hunter2 hunter2']));
    expect(stdout).not.toContain('hunter2');
  });
});
