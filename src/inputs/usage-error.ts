/** What was asked for cannot be meant: nothing ran, and the sentence says what was given and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
