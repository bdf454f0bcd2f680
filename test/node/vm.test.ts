import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { findVms, parseVms } from '../../src/node/vm.js';

/** What the search prints of one VM. */
function block(pid: number, args: readonly string[], ids: readonly string[] = ['uid 1000', 'gid 1001']): string {
  return [`vm ${pid}`, ...ids, ...args.map((arg) => `arg ${arg}`), ''].join('\n');
}

// As `mix release` and relx start a VM; the search has taken the cookie's value out.
const mix = [
  '/app/erts-13.1.5/bin/beam.smp',
  ...['--', '-root', '/app', '-bindir', '/app/erts-13.1.5/bin', '-progname', 'erl', '--', '-home', '/app', '--'],
  ...['-noshell', '-s', 'elixir', 'start_cli', '-mode', 'embedded', '-setcookie', '-sname', 'shop'],
  ...['-config', '/app/releases/1.0.0/sys', '-boot', '/app/releases/1.0.0/start', '-boot_var', 'RELEASE_LIB'],
  ...['/app/lib', '--', '-extra', '--no-halt'],
];
const relx = [
  ...['/srv/shop/bin/shop', '-Bd', '-K', 'true', '--', '-root', '/srv/shop', '-bindir', '/srv/shop/erts-14.0/bin'],
  ...['-progname', 'erl', '--', '-home', '/root', '-noshell', '-boot', '/srv/shop/releases/2.0.0/shop'],
  ...['-mode', 'embedded', '-name', 'shop@shop.example.org', '-setcookie', '--', 'foreground'],
];
const without = (args: readonly string[], ...flags: readonly string[]) =>
  args.filter((arg, at) => !flags.includes(arg) && !flags.includes(args[at - 1] ?? ''));

describe('a VM is what its own command line says', () => {
  it('where mix made the release', () => {
    expect(parseVms(block(1, mix))).toEqual([
      {
        pid: '1',
        user: '1000:1001',
        bin: '/app/erts-13.1.5/bin',
        root: '/app',
        boot: '/app/releases/1.0.0/start',
        distribution: { flag: '-sname', node: 'shop' },
        args: mix,
      },
    ]);
  });

  it('where relx did, and the first word is the start script’s', () => {
    expect(parseVms(block(27, relx))).toEqual([
      {
        pid: '27',
        user: '1000:1001',
        bin: '/srv/shop/erts-14.0/bin',
        root: '/srv/shop',
        boot: '/srv/shop/releases/2.0.0/shop',
        distribution: { flag: '-name', node: 'shop@shop.example.org' },
        args: relx,
      },
    ]);
  });

  it('where it has neither a name nor a boot script', () => {
    const [vm] = parseVms(block(1, without(mix, '-sname', '-boot')));
    expect(vm).toMatchObject({ pid: '1', root: '/app' });
    expect(vm).not.toHaveProperty('distribution');
    expect(vm).not.toHaveProperty('boot');
  });

  it('and of root, where the system tells nothing of its user', () => {
    expect(parseVms(block(1, mix, []))[0]?.user).toBe('0:0');
  });

  it('and where its runtime is too old to name its directory of programs, its first word does', () => {
    expect(parseVms(block(1, without(mix, '-bindir')))).toMatchObject([{ bin: '/app/erts-13.1.5/bin' }]);
  });

  it('and nothing can be said of one without root or directory of programs', () => {
    expect(parseVms(block(1, without(mix, '-root')))).toEqual([]);
    expect(parseVms(block(1, without(relx, '-bindir')))).toEqual([]);
  });

  it('and an argument is never taken for the next VM, whatever it holds', () => {
    const [vm, ...others] = parseVms(block(1, [...mix, 'vm 2', 'uid 7', '']));
    expect(others).toEqual([]);
    expect(vm).toMatchObject({ pid: '1', user: '1000:1001', args: [...mix, 'vm 2', 'uid 7', ''] });
  });
});

describe('of several VMs', () => {
  const second = mix.map((arg) => (arg === 'shop' ? 'admin' : arg));

  it('those that serve are all found, in their order', () => {
    const found = parseVms(block(1, mix) + block(33, second));
    expect(found.map(({ pid, distribution }) => [pid, distribution?.node])).toEqual([
      ['1', 'shop'],
      ['33', 'admin'],
    ]);
  });

  it.each([
    ['a remote shell', [...second, '-remsh', 'shop']],
    ['`rpc`', [...second, '--rpc-eval', 'shop', 'Shop.open()']],
    ['`eval`', second.map((arg) => (arg.endsWith('/start') ? '/app/releases/1.0.0/start_clean' : arg))],
    [
      "relx's nodetool",
      [...without(second, '-boot'), '-boot', 'no_dot_erlang', '-run', 'escript', 'start', '-extra', 'ping'],
    ],
    ['a tool of the system', second.map((arg) => (arg.endsWith('/start') ? 'start_clean' : arg))],
    ['one that hides', [...second, '-hidden']],
  ])('%s is left out', (_, tool) => {
    expect(parseVms(block(33, tool) + block(1, mix)).map(({ pid }) => pid)).toEqual(['1']);
  });

  it('one that hides and is the only one serves', () => {
    const tool = block(33, [...second, '-hidden', '-remsh', 'shop']);
    expect(parseVms(block(1, [...mix, '-hidden']) + tool).map(({ pid }) => pid)).toEqual(['1']);
  });

  it('none is found where nothing was printed', () => {
    expect(parseVms('')).toEqual([]);
  });
});

it('a real VM is found with its user, and what it says of itself does not hold its cookie', async ({ skip }) => {
  skip(spawnSync('erl', ['-noshell', '-eval', 'halt().']).error !== undefined, 'erl is not on the PATH');
  skip(process.platform !== 'linux', 'there is no /proc');
  const vm = spawn('erl', ['-noinput', '-setcookie', 'hedgehog-and-pear', '-mode', 'embedded'], { stdio: 'ignore' });
  // This machine in the place of a container.
  const engine = {
    exec: async (_: string, { argv }: { argv: readonly string[] }) => {
      const [program = '', ...args] = argv;
      const { status, stdout, stderr } = spawnSync(program, args);
      return { exitCode: status ?? 1, stdout, stderr };
    },
  } as unknown as Engine;
  try {
    const found = async () => (await findVms(engine, 'here')).find(({ pid }) => pid === String(vm.pid));
    // The shell that starts it becomes it.
    for (let left = 100; (await found()) === undefined && left > 0; left--) {
      await sleep(50);
    }
    const seen = await found();
    expect(seen).toMatchObject({ user: `${process.getuid?.()}:${process.getgid?.()}` });
    expect(seen?.args.slice(-3)).toEqual(['-setcookie', '-mode', 'embedded']);
    expect(JSON.stringify(seen)).not.toContain('hedgehog');
  } finally {
    vm.kill('SIGKILL');
  }
});
