import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { foreign } from './quoted.js';

/** How a program ended, and what it said, without empty lines. */
export interface Ran {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: readonly string[];
  /** Of both outputs, in their order, as they may be shown. */
  readonly lines: readonly string[];
}

interface Around {
  readonly environment: NodeJS.ProcessEnv;
  /** The current one where absent. */
  readonly folder?: string;
  /** Gets each line as it comes. */
  readonly line?: (text: string) => void;
  /** Ends the program where it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end. Not by @actions/exec, which cannot end what it began: it would live as long as a build nobody
 * waits for.
 *
 * @throws Error where there is no such program, or the signal aborts
 */
export async function runProgram(
  program: string,
  words: readonly string[],
  { environment, folder, line, signal }: Around,
): Promise<Ran> {
  const lines: string[] = [];
  const stdout: string[] = [];
  const child = spawn(program, words, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(folder !== undefined && { cwd: folder }),
    ...(signal && { signal }),
  });
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (text) => {
      const shown = text.trimEnd();
      if (shown === '') return;
      lines.push(foreign(shown));
      if (input === child.stdout) stdout.push(shown);
      line?.(shown);
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, lines };
}
