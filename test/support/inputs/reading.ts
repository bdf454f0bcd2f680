import type { OptionName } from '../../../src/config/options.js';
import { readInputs } from '../../../src/config/read-inputs.js';
import { UsageError } from '../../../src/config/usage-error.js';

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
