import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Report } from '../../../src/deployment/report.js';
import { eventually, ownEnvironment } from './container.js';

/** How a run of the command line ended. */
export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  /** Where one was written. */
  readonly report?: Report;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** What was written to stderr so far. */
  readonly said: () => string;
  /** Waits until it has said this; fails with all that it said instead. */
  readonly says: (words: string, timeoutMs?: number) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Before a command: as on another machine, whose processes nobody here can look at. */
export const elsewhere = ['unshare', '--pid', '--fork', '--mount-proc'];

/**
 * Starts the bundle that is published, in an empty folder and environment of its own; the words are those of a shell.
 *
 * @param before what starts it, if it is not to run as these tests do
 */
export async function startHotDeploy(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  before: readonly string[] = [],
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-command-'));
  const began = performance.now();
  const own = words.includes('--environment') ? [] : ['--environment', ownEnvironment];
  // Of a run that changes nothing the report is written only where somebody names its place.
  if (!words.includes('--report')) own.push('--report', 'hot-deploy-report.json');
  const [program = '', ...argv] = [...before, process.execPath, resolve('dist/cli.js'), ...words, ...own];
  const child = spawn(program, argv, {
    ...{ cwd: folder, env: { ...process.env, ...environment } },
    // A group of its own, for signals to all of it.
    detached: before.length > 0,
  });
  const kill = (signal: NodeJS.Signals) => {
    if (before.length === 0) child.kill(signal);
    else if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  };
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const ended = new Promise<Ran>((done, fail) => {
    child.once('error', fail);
    child.once('close', async (code) => {
      const ms = performance.now() - began;
      const report = await readFile(join(folder, 'hot-deploy-report.json'), 'utf8').catch(() => undefined);
      await rm(folder, { recursive: true });
      done({ code, stdout: stdout(), stderr: stderr(), ms, ...(report && { report: JSON.parse(report) as Report }) });
    });
  });
  const says = async (words: string, timeoutMs = 60_000) => {
    const heard = async () => stderr().includes(words) || child.exitCode !== null || undefined;
    await eventually(`that it says ${words}`, heard, timeoutMs).catch(() => undefined);
    if (!stderr().includes(words)) throw new Error(`it did not say ${words}, but\n${stderr()}`);
  };
  return { ended, said: stderr, says, kill };
}

export async function hotDeploy(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return await (await startHotDeploy(words, environment)).ended;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
