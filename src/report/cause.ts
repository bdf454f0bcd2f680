import { secrets } from '../system/secrets.js';

/** The message of an error and of everything that caused it, one a line. */
export function explain(error: unknown): string {
  const lines: string[] = [];
  // Bounded, since nothing forbids a cause to cause itself.
  for (
    let cause = error;
    cause !== undefined && lines.length < 10;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    lines.push(cause instanceof Error ? said(cause) : String(cause));
  }
  return secrets.masked(lines.join('\n  because: '));
}

/** Several errors in one have no message of their own. */
function said(error: Error): string {
  const parts = error instanceof AggregateError ? error.errors.map((each) => explain(each)) : [];
  return [error.message || error.name, ...parts].join('; ');
}
