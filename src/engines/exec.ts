import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { isFlag, isNumber, isText, membersOf, orNothing } from '../system/shape.js';
import { Kept, LongAnswer } from './bounded.js';
import { type Call, Unreadable } from './call.js';
import type { Engine, ExecCommand, ExecResult } from './engine.js';
import { frameReader } from './frames.js';
import { read, type Transport, upgrade } from './request.js';

/** The answer was given up; the Engine cannot stop an exec, so what it does inside the container is unknown. */
export class ExecTimeout extends Unreadable {
  override readonly name = 'ExecTimeout';
}

/** Of each output. The longest that is asked for tells a release's files, or what its tables hold. */
const mostBytes = 32 * 1_048_576;
/** Of both as they come: a byte that comes alone has eight of a header. */
const mostFramed = 2 * mostBytes;

export function execCall(docker: Transport, call: Call): Engine['exec'] {
  return (container, command) => {
    // Never the arguments: a cookie may be among them.
    const what = `run ${command.argv[0]} in container ${container}`;
    return call(what, (abortSignal) => run(docker, container, command, abortSignal), {
      timeoutMs: command.timeoutMs,
      timedOut: (cause) => new ExecTimeout(unknownState(what, command.timeoutMs), cause),
    });
  };
}

function unknownState(what: string, timeoutMs: number): string {
  return `Waited ${timeoutMs} ms to ${what}, in vain: it may still be running or even be done, so ask for the state before going on.`;
}

async function run(
  docker: Transport,
  container: string,
  command: ExecCommand,
  abortSignal: AbortSignal,
): Promise<ExecResult> {
  const { argv, user, environment, stdin } = command;
  const json = {
    Cmd: argv,
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    ...(user === undefined ? {} : { User: user }),
    ...(environment === undefined ? {} : { Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`) }),
  };
  const made = { method: 'POST', path: ['containers', container, 'exec'], json } as const;
  const { Id: id } = await read(docker, made, abortSignal, membersOf({ Id: isText }));
  const start = { method: 'POST', path: ['exec', id, 'start'], json: { Detach: false, Tty: false } } as const;
  const outputs = await exchange(await upgrade(docker, start, abortSignal), command, abortSignal);
  return { exitCode: await exitCode(docker, id, abortSignal), ...outputs };
}

/** Sends the input, closes that half of the connection, and reads on until the Engine closes the other. */
function exchange(
  stream: Duplex,
  { stdin, last }: ExecCommand,
  abortSignal: AbortSignal,
): Promise<Omit<ExecResult, 'exitCode'>> {
  const output = () => (last === undefined ? new Kept(mostBytes) : new Kept(last, 'replaces'));
  const outputs = { stdout: output(), stderr: output() };
  const readFrames = frameReader((bytes, of) => outputs[of].add(bytes));
  let left = last === undefined ? mostFramed : Number.POSITIVE_INFINITY;
  return new Promise((resolve, reject) => {
    const finish = () => {
      stream.destroy();
      resolve({ stdout: outputs.stdout.bytes(), stderr: outputs.stderr.bytes() });
    };
    stream.on('data', (chunk: Buffer) => {
      try {
        left -= chunk.length;
        if (left < 0) throw new LongAnswer(mostBytes);
        readFrames(chunk);
      } catch (error) {
        stream.destroy();
        reject(error);
      }
    });
    stream.once('end', finish);
    stream.once('close', finish);
    // A process that ends before it has read its input breaks the pipe; how it ended is told by the exit code.
    stream.on('error', finish);
    abortSignal.addEventListener('abort', finish, { once: true });
    if (abortSignal.aborted) finish();
    else if (stdin !== undefined) Promise.resolve(stdin).then((input) => stream.end(input), finish);
  });
}

/** The stream may end a moment before the Engine has noted the exit: a process may also close its outputs and go on. */
async function exitCode(docker: Transport, id: string, abortSignal: AbortSignal): Promise<number> {
  for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
    const { Running: running, ExitCode: code } = await read(
      docker,
      { path: ['exec', id, 'json'] },
      abortSignal,
      isExec,
    );
    if (!running && typeof code === 'number') return code;
    await pause(wait);
    abortSignal.throwIfAborted();
  }
}

const isExec = membersOf({ Running: isFlag, ExitCode: orNothing(isNumber) });
