import type { Inputs } from '../config/inputs.js';
import type { Given } from '../config/options.js';
import { makePlaces } from '../config/places.js';
import { readInputs } from '../config/read-inputs.js';
import type { Before } from '../config/usage-error.js';
import { commitCheckedOut } from './checkout.js';

/** What a run was asked for, and what its surroundings say of it. */
export interface Asked {
  readonly inputs: Inputs;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Reads what a run was asked for. GitHub tells the commit of the event: where a step before has checked out another one of the
 * same repository, as by a `ref` that somebody chose, that one is built and runs then, and is the commit of the run.
 *
 * @throws UsageError
 */
export async function readAsked(
  { given, mistakes }: { readonly given: Given; readonly mistakes?: Before },
  environment: NodeJS.ProcessEnv,
): Promise<Asked> {
  const inputs = readInputs(given, environment, mistakes);
  await makePlaces(inputs);
  if (inputs.build === undefined) return { inputs, environment };
  const commit = await commitCheckedOut(inputs.context, environment);
  if (commit === undefined || commit === environment['GITHUB_SHA']) return { inputs, environment };
  const own = { ...environment, GITHUB_SHA: commit };
  return { inputs: readInputs(given, own), environment: own };
}
