import { BuildFailed } from '../engines/build.js';
import { Refusal } from '../reasons/refusal.js';
import { messageOf } from '../system/message-of.js';

/** A build that failed, as the reason not to begin: with the end of what it said beside it. */
export function notBuilt(error: unknown, before = ''): Refusal {
  const output = error instanceof BuildFailed ? error.output : [];
  return new Refusal(`${before}${messageOf(error)}`, { cause: error, output });
}
