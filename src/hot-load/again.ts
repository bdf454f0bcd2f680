import { EngineError } from '../engines/call.js';
import { AgentError } from '../node/agent.js';
import { NodeUnreachable } from '../node/node.js';
import type { Clock } from '../system/log.js';
import { poll } from '../system/poll.js';

const [againMs, patienceMs] = [500, 10_000];

/**
 * Asks a node for what it may be asked twice until an answer comes: of one that was lost nobody knows whether it was done.
 *
 * @throws the last error if none comes in time
 */
export async function askAgain<T>(clock: Pick<Clock, 'now' | 'sleep'>, ask: () => Promise<T>): Promise<T> {
  let last: unknown;
  const answered = await poll(clock, { everyMs: againMs, withinMs: patienceMs }, async () => {
    try {
      return { answer: await ask() };
    } catch (error) {
      if (!isSilence(error)) throw error;
      last = error;
      return undefined;
    }
  });
  if (answered === undefined) throw last;
  return answered.answer;
}

/** No answer came, or somebody else had his turn: nothing was refused. */
export function isSilence(error: unknown): boolean {
  return (
    error instanceof EngineError ||
    error instanceof NodeUnreachable ||
    (error instanceof AgentError && error.code === 'busy')
  );
}
