import type { Engine } from '../engines/engine.js';
import { type Ask, failureOf } from './answer.js';

/** The user's own command, given to the container's `sh -c`: answered when it exits with 0. */
export function execAsk(
  { container, command }: { container: string; command: string },
  engine: Engine,
  timeoutMs: number,
): Ask {
  return (report) => {
    engine.exec(container, { argv: ['sh', '-c', command], timeoutMs, last: 0 }).then(
      ({ exitCode }) =>
        report(exitCode === 0 ? { answered: true } : { answered: false, failure: `exit code ${exitCode}` }),
      (error) => report({ answered: false, failure: failureOf(error) }),
    );
    // The Engine cannot stop an exec; its own time-out lets go of it.
    return () => undefined;
  };
}
