import type { Reason } from './reason.js';

/** The deploy cannot begin. Nothing was touched; the message is one sentence that says what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The end of what another program said that failed; nobody knows what is in it. */
  readonly output: readonly string[];
  readonly reasons: readonly Reason[];
  constructor(
    message: string,
    {
      cause,
      output = [],
      reasons = [],
    }: { readonly cause?: unknown; readonly output?: readonly string[]; readonly reasons?: readonly Reason[] } = {},
  ) {
    super(message, { cause });
    this.output = output;
    this.reasons = reasons;
  }
}
