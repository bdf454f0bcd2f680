/**
 * Aborts at the first SIGINT or SIGTERM. The process then ends by itself, once what it had begun is finished or taken
 * back: the runner gives it 7.5 s between the two signals, and 2.5 s after the second.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 */
export function cancellation(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => controller.abort());
  }
  return controller.signal;
}
