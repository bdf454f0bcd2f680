import type { ExecCommand, ExecResult } from '../../../src/engines/engine.js';

/** What the processes of a container do, as far as an engine sees it. Times are from each start. */
export interface Program {
  /** Why it cannot be started, in the engine's words. */
  readonly startFails?: string;
  /** Ends by itself; without it, it runs until it is told to end. */
  readonly ends?: {
    readonly afterMs: number;
    readonly code: number;
    /** Only in containers with this label. */
    readonly where?: readonly [label: string, value: string];
  };
  /** How long it takes to end after its stop signal, or that it does not listen. */
  readonly stops?: { readonly afterMs: number; readonly code: number } | 'deaf';
  /** From when on its HEALTHCHECK passes; never, with what it prints. At once where absent. */
  readonly healthy?: { readonly afterMs: number } | { readonly never: string };
  readonly log?: readonly string[];
  /** What a command inside it answers; undefined where it knows none of the kind. */
  answer?(command: ExecCommand, life: Life): Answer | undefined;
}

/** One start of a container, until it ends. */
export interface Life {
  readonly container: string;
  readonly upMs: number;
}

export interface Answer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** How long it takes; longer than whoever asks waits, and it is given up. */
  readonly takesMs?: number;
}

export function resultOf(
  { exitCode = 0, stdout = '', stderr = '' }: Answer,
  last = Number.POSITIVE_INFINITY,
): ExecResult {
  const kept = (text: string) => Buffer.from(text).subarray(-last);
  return { exitCode, stdout: kept(stdout), stderr: kept(stderr) };
}

/** Sleeps, and ends at once when it is told to. */
export const idle: Program = { stops: { afterMs: 0, code: 0 } };
