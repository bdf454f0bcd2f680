import { BuildFailed } from './docker/build.js';
import { messageOf } from './message-of.js';
import { Refusal } from './refusal.js';

/** A build that failed, as the reason not to begin: with the end of what it said beside it. */
export function notBuilt(error: unknown, before = ''): Refusal {
  const output = error instanceof BuildFailed ? error.output : [];
  return new Refusal(`${before}${messageOf(error)}`, { cause: error, output });
}
