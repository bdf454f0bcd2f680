import { secrets } from './secrets.js';

/** What went wrong, as a person reads it within a sentence. */
export function messageOf(error: unknown): string {
  return secrets.masked(error instanceof Error ? error.message : String(error));
}
