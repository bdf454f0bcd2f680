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
  /** Once it has started; what it answers is the code with which it ends at once. */
  begins?(life: Life): number | undefined;
  /** What a command inside it answers; undefined where it knows none of the kind. */
  answer?(command: ExecCommand, life: Life): Answer | undefined;
}

/** One start of a container, until it ends. */
export interface Life {
  readonly container: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly upMs: number;
  /** What its processes remember until they end. */
  readonly memory: Map<string, unknown>;
  readonly disk: Disk;
  /** The arguments of the other commands that go on in it, whoever began them. */
  readonly underWay: readonly (readonly string[])[];
}

/** What lies in a container, by absolute path. */
export interface Disk {
  read(path: string): Buffer | undefined;
  /** All files below a folder. */
  below(path: string): readonly string[];
  write(path: string, text: string): void;
  /** With all that is in it. */
  remove(path: string): void;
}

export interface Answer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** How long it takes; longer than whoever asks waits, and it is given up. */
  readonly takesMs?: number;
  /** What it does at its end, also where whoever asked is gone, and what it answers then. */
  readonly atEnd?: () => Answer;
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
