import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { fateOf, type Holder, isGone, readStat, thisHolder, userAtHost } from '../../src/journal/holder.js';

const here = thisHolder('somebody');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that waits, as whoever looks at it later knows it. */
async function another(): Promise<{ readonly child: ChildProcess; readonly holder: Holder }> {
  const child = spawn('sleep', ['600']);
  started.push(child);
  await once(child, 'spawn');
  const { pid = 0 } = child;
  const { startTicks = 0 } = readStat(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? {};
  return { child, holder: { ...here, pid, startTicks } };
}

// What the kernel says of itself is there on Linux alone.
describe.runIf(process.platform === 'linux')('a holder on this machine', () => {
  it('is known by its machine, its namespace, its pid and when it began', () => {
    expect(here).toEqual({
      by: 'somebody',
      host: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pidns: expect.stringMatching(/^pid:\[\d+\]$/),
      pid: process.pid,
      startTicks: expect.any(Number),
    });
  });

  it('that runs is alive', async () => {
    expect(fateOf(here)).toBe('alive');
    const { holder } = await another();
    expect(fateOf(holder)).toBe('alive');
  });

  it('that is stopped, and says nothing, is alive', async () => {
    const { child, holder } = await another();
    child.kill('SIGSTOP');
    expect(fateOf(holder)).toBe('alive');
  });

  it('that was killed is gone', async () => {
    const { child, holder } = await another();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(fateOf(holder)).toBe('gone');
    expect(isGone(holder)).toBe(true);
  });

  it('that was killed and that nobody has asked after is gone, though it is still listed', async () => {
    // The shell becomes a program that knows of no child.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600']);
    started.push(parent);
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(said);
    // As long as it is the shell it may ask after its child.
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    const stat = () => readStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const holder = { ...here, pid, startTicks: stat()?.startTicks ?? 0 };
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => stat()?.state).toBe('Z');
    expect(fateOf(holder)).toBe('gone');
  });

  it('whose pid is another process now is gone', async () => {
    const { holder } = await another();
    expect(fateOf({ ...holder, startTicks: (holder.startTicks ?? 0) - 1 })).toBe('gone');
  });

  it.each<[string, Partial<Holder>]>([
    ['on another machine, or before it booted', { host: '5c6ba2b5-a7a6-4b4e-9d9a-6a5d9f1f4e1c' }],
    ['in another namespace', { pidns: 'pid:[1]' }],
  ])('%s may be dead or alive', (_, other) => {
    expect(fateOf({ ...here, ...other, pid: 2 ** 22 + 1 })).toBe('unknown');
  });

  it.each(['host', 'pidns', 'pid', 'startTicks'] as const)('that did not know its own %s may be either', (unknown) => {
    const { [unknown]: _, ...rest } = { ...here, pid: 2 ** 22 + 1 };
    expect(fateOf(rest)).toBe('unknown');
  });
});

it('a process is named by user and host where it has no page', () => {
  expect(userAtHost()).toMatch(/^.+@.+$/);
});

it.each([
  ['4 (node) S 1', undefined],
  ['', undefined],
  ['no line at all', undefined],
  [`7 (a) b) R ${Array.from({ length: 18 }, () => 0).join(' ')} 4711 9`, { pid: 7, state: 'R', startTicks: 4711 }],
  [`7 (x (y) 1 2 3) Z ${Array.from({ length: 18 }, () => 0).join(' ')} 1 9\n`, { pid: 7, state: 'Z', startTicks: 1 }],
])('%j of /proc is read as %j', (line, read) => {
  expect(readStat(line)).toEqual(read);
});
