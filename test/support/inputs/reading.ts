import type { OptionName } from '../../../src/inputs/options.js';
import { UsageError } from '../../../src/inputs/usage-error.js';
import { readInputs } from '../../../src/inputs.js';

type Texts = Partial<Record<OptionName, string>>;

/** A deploy, save for what is given. */
export const read = (texts: Texts, environment: NodeJS.ProcessEnv = {}) =>
  readInputs((name) => ({ mode: 'deploy', containers: 'kv', image: 'kv:2', ...texts })[name], environment);

/** In which words it is turned away. */
export const refusal = (texts: Texts, environment?: NodeJS.ProcessEnv) => {
  try {
    read(texts, environment);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
};
