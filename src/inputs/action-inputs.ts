import { join } from 'node:path';
import { type Given, type OptionName, optionNames } from './options.js';
import { UsageError } from './usage-error.js';

const prefix = 'INPUT_';

/**
 * The options as the runner passes them: INPUT_ and the name in upper case, with its dashes.
 * Fails with a UsageError on an input that doesn't exist, which the runner only warns about.
 */
export function actionInputs(environment: NodeJS.ProcessEnv): Given {
  const known = new Set(optionNames.map(variable));
  const unknown = Object.keys(environment).filter((key) => key.startsWith(prefix) && !known.has(key));
  if (unknown.length > 0) {
    const names = unknown.map((key) => `\`${key.slice(prefix.length).toLowerCase()}\``).join(', ');
    throw new UsageError(`There is no input ${names}. Allowed: ${optionNames.join(', ')}.`);
  }
  const folder = join(environment['RUNNER_TEMP'] ?? '.', 'hot-deploy');
  const standard: Partial<Record<OptionName, string>> = {
    report: join(folder, 'report.json'),
    'bundle-path': folder,
    'script-path': join(folder, 'hot-deploy.sh'),
  };
  return (name) => environment[variable(name)]?.trim() || standard[name];
}

const variable = (name: OptionName) => prefix + name.toUpperCase();
