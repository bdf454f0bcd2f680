import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { callFunction, callNode, ownEnvironment, unsetFlags } from '../../src/node/shell.js';

// A process of this machine in the place of a VM, with only these variables and arguments.
async function beside<T>(
  env: Record<string, string>,
  work: (pid: string) => Promise<T> | T,
  words: readonly string[] = [],
): Promise<T> {
  const vm = spawn('/bin/sh', ['-c', 'echo; read -r end', 'beam.smp', '-setcookie', 'pear', ...words], { env });
  try {
    await new Promise((resolve) => vm.stdout.once('data', resolve));
    return await work(String(vm.pid));
  } finally {
    vm.kill('SIGKILL');
  }
}

const variables = (pid: string, script: string) =>
  spawnSync('sh', ['-c', `${script}\nenv`, 'hot-deploy', pid], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ERL_LIBS: 'of the exec' },
  }).stdout.split('\n');

it('a helper gets what the VM was started with, and not what would make it the VM', async () => {
  const vm = {
    ERL_EPMD_PORT: '4370',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_LIBS: '/opt/a b:/opt/$(touch x)"c',
    HOME: '/home/the app',
    LC_ALL: 'C.UTF-8',
    ERL_FLAGS: '-sname taken',
    ERL_ZFLAGS: '-sname taken',
    ERL_OTP25_FLAGS: '-sname taken',
    ERL_CRASH_DUMP: '/data/dump',
    SECRET: 'pear\nERL_INETRC=/from/a/second/line',
  };
  await beside(vm, (pid) => {
    const found = variables(pid, ownEnvironment);
    for (const name of ['ERL_EPMD_PORT', 'ERL_EPMD_ADDRESS', 'ERL_LIBS', 'HOME', 'LC_ALL'] as const) {
      expect(found).toContain(`${name}=${vm[name]}`);
    }
    expect(found.join('\n')).not.toMatch(/taken|dump|SECRET|INETRC/);
  });
});

it('a VM that is started takes no flags from its container', () => {
  const env = {
    ...{ PATH: process.env['PATH'], ERL_FLAGS: '-sname taken', ERL_AFLAGS: 'a', ERL_ZFLAGS: 'z' },
    ...{ ERL_OTP27_FLAGS: 'taken\nERL_LIBS=x', ERL_LIBS: '/opt', FLAGS: 'own' },
  };
  const { stdout } = spawnSync('sh', ['-c', `${unsetFlags}\nenv`], { encoding: 'utf8', env });
  expect(
    stdout
      .split('\n')
      .filter((line) => /ERL|FLAGS/.test(line))
      .sort(),
  ).toEqual(['ERL_LIBS=/opt', 'FLAGS=own']);
});

it('a process that is gone leaves the environment as it is', () => {
  expect(variables('999999999', ownEnvironment)).toContain('ERL_LIBS=of the exec');
});

it('a node is asked by its own name, and where that does not answer by localhost', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'hot-deploy-shell-'));
  const asked = join(bin, 'asked');
  const erlCall = `#!/bin/sh\necho "$1 $2 $ERL_EPMD_PORT" >>'${asked}'\ncase $2 in *@localhost) cat ;; *) exit 1 ;; esac\n`;
  await writeFile(join(bin, 'erl_call'), erlCall, { mode: 0o755 });
  await beside({ ERL_EPMD_PORT: '4370' }, async (pid) => {
    const script = `${callFunction}call "$2" "$3" "$4"`;
    const argv = ['-c', script, 'hot-deploy', pid, bin, '-name', 'shop@10.0.0.9'];
    expect(spawnSync('sh', argv, { input: 'ok.', encoding: 'utf8' }).stdout).toBe('ok.');
    expect(await readFile(asked, 'utf8')).toBe('-name shop@10.0.0.9 4370\n-name shop@localhost 4370\n');
  });
});

it('a node that boots is waited for as long as its VM runs', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'hot-deploy-shell-'));
  // Up at the twenty-fifth attempt: later than where all names are taken.
  const erlCall = `#!/bin/sh\necho >>'${bin}/asked'\n[ "$(wc -l <'${bin}/asked')" -ge 25 ] || exit 1\ncat\n`;
  await writeFile(join(bin, 'erl_call'), erlCall, { mode: 0o755 });
  const ask = (pid: string, ...more: readonly string[]) => {
    const argv = ['-c', callNode, 'hot-deploy', pid, bin, '-name', 'shop@10.0.0.9', ...more];
    return spawnSync('sh', argv, { input: '\nsource.\n', encoding: 'utf8' });
  };
  const attempts = async () => (await readFile(join(bin, 'asked'), 'utf8')).length;
  expect(ask('999999999', 'boots').status).toBe(1);
  expect(await attempts()).toBe(2);
  await beside({}, async (pid) => {
    expect(ask(pid).status).toBe(1);
    expect(await attempts()).toBe(18);
    expect(ask(pid, 'boots')).toMatchObject({ status: 0, stdout: 'source.\n' });
  });
});

it.each([
  { what: 'TLS', words: ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', 'tls.conf'], strips: false },
  { what: 'a port of its own', words: ['-erl_epmd_port', '4370'], strips: false },
  { what: 'a module in the place of epmd', words: ['-no_epmd', '-epmd_module', 'own', '-pa', '/own'], strips: false },
  { what: 'an image without erl_call', words: [], strips: true },
])('a node is asked by a hidden one where erl_call cannot: $what', async ({ words, strips }) => {
  const bin = await mkdtemp(join(tmpdir(), 'hot-deploy-shell-'));
  const asked = join(bin, 'asked');
  // The first name is taken.
  const erl = `#!/bin/sh\necho "$ERL_FLAGS|$(cat "$HOME/.erlang.cookie")|$*" >>'${asked}'\n[ -e '${bin}/was' ] || { touch '${bin}/was'; exit 75; }\ncat\n`;
  await writeFile(join(bin, 'erl'), erl, { mode: 0o755 });
  if (!strips) await writeFile(join(bin, 'erl_call'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const vm = [...words, '-boot', `${bin}/releases/1/start`, '-extra', '-proto_dist', 'no flag'];
  await beside(
    {},
    async (pid) => {
      const argv = ['-c', callNode, 'hot-deploy', pid, bin, '-name', 'shop@10.0.0.9'];
      const env = { PATH: process.env['PATH'], ERL_FLAGS: 'of the exec' };
      const ran = spawnSync('sh', argv, { input: 'plum\nsource.\n', encoding: 'utf8', env });
      expect(ran).toMatchObject({ status: 0, stdout: 'source.\n', stderr: '' });
      const attempts = (await readFile(asked, 'utf8')).trim().split('\n');
      expect(attempts).toHaveLength(2);
      const own = attempts.map((each) => / -name (hot_deploy_\d+@10\.0\.0\.9) /.exec(each)?.[1]);
      expect(new Set(own).size).toBe(2);
      for (const each of attempts) {
        expect(each).toMatch(/^\|plum\|\+sbwt none .* -hidden -dist_listen false -start_epmd false -noinput /);
        expect(each).toContain([...words, '-name hot_deploy'].join(' '));
        expect(each).toContain('-hot_deploy_node shop@10.0.0.9 ');
        expect(each).not.toContain('no flag');
      }
    },
    vm,
  );
});
