import type { ExecResult, Fence } from '../engines/engine.js';
import { quoted } from '../system/quoted.js';
import type { Is } from '../system/shape.js';
import { AgentError, answer, expression, type Request } from './agent.js';
import {
  type ConfigRequest,
  type Fingerprints,
  fingerprintScript,
  isFingerprints,
  type Prepared,
  prepare,
} from './config.js';
import { asked, callNode, type Reach, shell } from './shell.js';

/** The node could not be asked. What it runs is unknown until it answers again. */
export class NodeUnreachable extends Error {
  override readonly name = 'NodeUnreachable';
}

/** Sets of modules that change what runs, or what a restart boots. */
const changing: readonly Request['set'][] = ['install', 'held', 'shelf', 'modules'];

/** Asks while the lock is held. A node that a later run has changed turns this one away: then the lock is lost, too. */
async function behind<T>(fence: Fence | undefined, ask: () => Promise<T>): Promise<T> {
  await fence?.check();
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AgentError && error.code === 'overtaken') await fence?.check();
    throw error;
  }
}

/** One running node, asked inside its container by `erl_call`, a hidden C node: at the price of an exec. */
export class Node {
  constructor(private readonly reach: Reach) {}

  /** Evaluates one request on the node. */
  async ask<T>(request: Request, is: Is<T>, timeoutMs = 30_000): Promise<T> {
    const fence = request.changes || changing.includes(request.set) ? this.reach.engine.fence : undefined;
    const { engine, container } = this.reach;
    const source = expression(request, { fence });
    const byShell = () => {
      const stdin = asked(this.reach, source);
      return shell(this.reach, { text: callNode, stdin, timeoutMs, ...(request.boots && { more: ['boots'] }) });
    };
    return await behind(fence, async () =>
      this.read(await (engine.evaluate?.(container, source, timeoutMs) ?? byShell()), is),
    );
  }

  /** Gets ready to evaluate a request with the configuration of a release. */
  prepare(
    config: ConfigRequest,
    checksums: { readonly file: string; readonly sha256: string },
    timeoutMs: number,
  ): Prepared {
    const silent = `The node in ${this.reach.container} gave no answer: what it runs has to be asked again.`;
    const prepared = prepare(this.reach, config, checksums, timeoutMs, () => new NodeUnreachable(silent));
    const { fence } = this.reach.engine;
    return { ...prepared, go: (request, is) => behind(fence, () => prepared.go(request, is)) };
  }

  /** Fingerprints of the configuration that a cold boot of a release would have in this container. */
  async fingerprints(config: ConfigRequest, salt: string): Promise<Fingerprints> {
    return this.read(await shell(this.reach, fingerprintScript(this.reach, config, salt)), isFingerprints);
  }

  private read<T>(result: ExecResult, is: Is<T>): T {
    const value = answer(result.stdout.toString('utf8'), is);
    if (value === undefined) {
      const lines = `${result.stderr.toString('utf8')}\n${result.stdout.toString('utf8')}`.split('\n').filter(Boolean);
      // Each attempt says the same.
      const said = [...new Set(lines)].join('\n').trim();
      throw new NodeUnreachable(
        `The node in ${this.reach.container} gave no answer (exit code ${result.exitCode}): ${said === '' ? 'it said nothing' : quoted(said, 500)}`,
      );
    }
    return value;
  }
}
