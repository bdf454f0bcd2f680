import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { type Call, EngineError } from './call.js';
import { demultiplex } from './demultiplex.js';
import type { Engine, ExecCommand, ExecResult } from './engine.js';

/** The answer was given up; the Engine cannot stop an exec, so what it does inside the container is unknown. */
export class ExecTimeout extends EngineError {
  override readonly name = 'ExecTimeout';
}

export function execCall(docker: Dockerode, call: Call): Engine['exec'] {
  return (container, command) => {
    // Never the arguments: a cookie may be among them.
    const what = `run ${command.argv[0]} in container ${container}`;
    return call(what, (abortSignal) => run(docker, container, command, abortSignal), {
      timeoutMs: command.timeoutMs,
      timedOut: (cause) => new ExecTimeout(unknownState(what, command.timeoutMs), { cause }),
    });
  };
}

function unknownState(what: string, timeoutMs: number): string {
  return `Waited ${timeoutMs} ms to ${what}, in vain: it may still be running or even be done, so ask for the state before going on.`;
}

async function run(
  docker: Dockerode,
  container: string,
  command: ExecCommand,
  abortSignal: AbortSignal,
): Promise<ExecResult> {
  const { argv, user, environment, stdin } = command;
  const exec = await docker.getContainer(container).exec({
    Cmd: [...argv],
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    ...(user === undefined ? {} : { User: user }),
    ...(environment === undefined ? {} : { Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`) }),
    abortSignal,
  });
  const stream = await exec.start({ hijack: true, stdin: stdin !== undefined, abortSignal });
  const output = await exchange(stream, stdin, abortSignal);
  return { exitCode: await exitCode(exec, abortSignal), ...demultiplex(output) };
}

/** Sends the input, closes that half of the connection, and reads on until the Engine closes the other. */
function exchange(stream: Duplex, stdin: ExecCommand['stdin'], abortSignal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve) => {
    const read: Buffer[] = [];
    const finish = () => {
      stream.destroy();
      resolve(Buffer.concat(read));
    };
    stream.on('data', (chunk: Buffer) => read.push(chunk));
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
async function exitCode(exec: Dockerode.Exec, abortSignal: AbortSignal): Promise<number> {
  for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
    const { Running: running, ExitCode: code } = await exec.inspect({ abortSignal });
    if (!running && code !== null) return code;
    await pause(wait);
    abortSignal.throwIfAborted();
  }
}
