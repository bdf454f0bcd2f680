import type { Step } from '../journal/entry.js';
import { messageOf } from '../system/message-of.js';
import type { UpdateContext } from './context.js';

/** Writes a step down where the work goes on even if that fails: to go back, or to finish, matters more. */
export async function recordIfPossible(
  { record, log }: Pick<UpdateContext, 'record' | 'log'>,
  name: string,
  step: Step,
): Promise<void> {
  try {
    await record(step);
  } catch (error) {
    const why = messageOf(error);
    log.warning(`${name}: that it came to the step ${step} could not be written down: ${why}`);
  }
}
