import { NodeUnreachable } from '../node/node.js';
import type { RunningRelease } from '../release/release.js';
import { readRunning } from '../release/running.js';
import type { Work } from './run.js';

const patienceMs = 60_000;

/** Asks until the node has booted and says what it runs, one of these versions where any are named; undefined where it does not in time. */
export async function serving(
  { clock, engine, inputs }: Pick<Work, 'clock' | 'engine' | 'inputs'>,
  container: string,
  versions?: readonly string[],
): Promise<RunningRelease | undefined> {
  const until = clock.now() + patienceMs;
  while (clock.now() < until) {
    try {
      const reading = await readRunning(engine, await engine.inspectContainer(container), inputs);
      if (
        reading.kind === 'running' &&
        reading.release.booted &&
        (versions?.includes(reading.release.version) ?? true)
      ) {
        return reading.release;
      }
    } catch (error) {
      // It boots: neither container nor node may answer yet. What it says last counts.
      if (!(error instanceof NodeUnreachable) && clock.now() >= until) {
        throw error;
      }
    }
    await clock.sleep(200);
  }
  return undefined;
}
