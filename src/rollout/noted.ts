import type { Step } from '../ledger/entry.js';
import { messageOf } from '../message-of.js';
import type { Work } from './run.js';

/** Writes a step down where the work goes on even if that fails: to go back, or to finish, matters more. */
export async function noted({ note, log }: Pick<Work, 'note' | 'log'>, name: string, step: Step): Promise<void> {
  try {
    await note(step);
  } catch (error) {
    const why = messageOf(error);
    log.warning(`${name}: that it came to the step ${step} could not be written down in the container: ${why}`);
  }
}
