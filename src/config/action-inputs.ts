import { join } from 'node:path';
import { didYouMean } from '../system/nearest.js';
import { type Given, type OptionName, optionNames } from './options.js';
import type { Before } from './usage-error.js';

const prefix = 'INPUT_';

/** What a front door read, and what it could not. */
export interface Asked {
  readonly given: Given;
  readonly mistakes: Before;
}

/**
 * The options as the runner passes them: INPUT_ and the name in upper case, with its dashes. An input that doesn't exist is a
 * mistake, which the runner only warns about.
 */
export function actionInputs(environment: NodeJS.ProcessEnv): Asked {
  const known = new Set(optionNames.map(variable));
  const unknown = Object.keys(environment).filter((key) => key.startsWith(prefix) && !known.has(key));
  const mistakes = unknown.map((key) => {
    const name = key.slice(prefix.length).toLowerCase();
    const instead = didYouMean(name, optionNames) || ` Allowed: ${optionNames.join(', ')}.`;
    return `There is no input \`${name}\`.${instead}`;
  });
  const folder = join(environment['RUNNER_TEMP'] ?? '.', 'hot-deploy');
  const standard: Partial<Record<OptionName, string>> = {
    report: join(folder, 'report.json'),
    'bundle-path': folder,
    'script-path': join(folder, 'hot-deploy.sh'),
  };
  return { given: (name) => environment[variable(name)]?.trim() || standard[name], mistakes: { sentences: mistakes } };
}

const variable = (name: OptionName) => prefix + name.toUpperCase();
