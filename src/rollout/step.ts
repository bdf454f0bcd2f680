import type { Work } from './run.js';

/** What is about to be done to a container, or has been: who comes after a run that was killed goes on from there. */
export type Step = 'stage' | 'switch' | 'bring-back' | 'settle' | 'done' | 'undone';

/** Writes a step down where the work goes on even if that fails: to go back, or to finish, matters more. */
export async function noted({ note, log }: Pick<Work, 'note' | 'log'>, name: string, step: Step): Promise<void> {
  try {
    await note(step);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warning(`${name}: that it came to the step ${step} could not be written down in the container: ${why}`);
  }
}
