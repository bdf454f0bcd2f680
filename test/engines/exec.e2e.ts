import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecCommand } from '../../src/engines/engine.js';
import { ExecTimeout } from '../../src/engines/exec.js';
import { openWorkbench, type Workbench } from './workbench.js';

let bench: Workbench;
let id: string;
beforeAll(async () => {
  bench = await openWorkbench();
  id = (await bench.run('exec', '--env', 'OWN=1', 'debian:bookworm-slim', 'sleep', 'infinity')).Id;
});
afterAll(() => bench?.clear());

const exec = async (command: Omit<ExecCommand, 'timeoutMs'>) => {
  const { exitCode, stdout, stderr } = await bench.engine.exec(id, { timeoutMs: 20_000, ...command });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
};

describe('a command inside a container', () => {
  it('reads its input to the end, and its outputs and exit code come back apart', async () => {
    const script = 'cat; echo "$OWN$GIVEN" >&2; id -u; exit 3';
    expect(
      await exec({ argv: ['sh', '-c', script], stdin: 'grüße\n', environment: { GIVEN: 'a=b c' }, user: '7' }),
    ).toEqual({
      exitCode: 3,
      stdout: 'grüße\n7\n',
      stderr: '1a=b c\n',
    });
  });

  it('has no input where none is given', async () => {
    expect(await exec({ argv: ['cat'] })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('gets megabytes in and out', async () => {
    const stdin = Buffer.alloc(20_000_000, 'binary \0 \u0001 \u0002');
    const { stdout } = await bench.engine.exec(id, { argv: ['cat'], stdin, timeoutMs: 30_000 });
    expect(stdout.equals(stdin)).toBe(true);
  });

  it('may end before it has read its input', async () => {
    const stdin = Buffer.alloc(5_000_000);
    expect(await exec({ argv: ['sh', '-c', 'echo early; exit 4'], stdin })).toEqual({
      exitCode: 4,
      stdout: 'early\n',
      stderr: '',
    });
  });

  it('that does not exist ends with 126 or 127 and the engine says why', async () => {
    const { exitCode, stdout } = await exec({ argv: ['/no/such/program'] });
    expect([126, 127]).toContain(exitCode);
    expect(stdout).toContain('/no/such/program');
  });

  it('that takes too long is given up, its state is unknown, and its arguments stay secret', async () => {
    const late = bench.engine.exec(id, { argv: ['sleep', '8473'], timeoutMs: 200 });
    await expect(late).rejects.toThrow(ExecTimeout);
    await expect(late).rejects.toThrow(
      /Waited 200 ms to run sleep in container [0-9a-f]+, in vain: it may still be running/,
    );
    await expect(late).rejects.not.toThrow(/8473/);
    expect((await exec({ argv: ['sh', '-c', 'grep -lz ^8473$ /proc/[0-9]*/cmdline'] })).stdout).toMatch(/^\/proc\/\d+/);
  });

  it('whose container dies meanwhile comes back all the same', async () => {
    const { Id: short } = await bench.run('dies', 'debian:bookworm-slim', 'sleep', '1');
    const { exitCode } = await bench.engine.exec(short, { argv: ['sleep', 'infinity'], timeoutMs: 20_000 });
    expect([126, 137]).toContain(exitCode);
  });

  it('is refused where the container does not run or exist', async () => {
    const command = { argv: ['true'], timeoutMs: 5_000 };
    await expect
      .poll(async () => (await bench.engine.findContainer(`${bench.prefix}-dies`))?.State.Running)
      .toBe(false);
    await expect(bench.engine.exec('no-such-container', command)).rejects.toThrow(
      /could not run true .*No such container.*404/,
    );
    await expect(bench.engine.exec(`${bench.prefix}-dies`, command)).rejects.toThrow(/is not running.*409/);
  });

  it('costs what the engine needs for it, and hardly more', async () => {
    const times: number[] = [];
    for (let index = 0; index < 20; index++) {
      const since = performance.now();
      await exec({ argv: ['true'] });
      times.push(performance.now() - since);
    }
    times.sort((one, other) => one - other);
    console.log(
      `exec of true: ${times[0]?.toFixed(1)} to ${times.at(-1)?.toFixed(1)}, half of them under ${times[10]?.toFixed(1)} ms`,
    );
    expect(times[0]).toBeLessThan(150);
  });
});
