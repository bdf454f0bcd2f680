import type { Kind } from './kind.js';

/** One option of all front doors. action.yml, the table of docs/inputs.md and `--help` are generated from here. */
export interface Option<T = unknown> {
  readonly kind: Kind<T>;
  /** As a user would write it. */
  readonly default?: string;
  /** On the command line, where another is meant there. */
  readonly onCommandLine?: string;
  /** Says in the documentation what holds where there is no fixed default. */
  readonly otherwise?: string;
  /** What action.yml gives where the user gives nothing: an expression, which only the runner can read. */
  readonly inAction?: string;
  readonly required?: true;
  readonly description: string;
}
