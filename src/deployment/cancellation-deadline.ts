import type { Engine } from '../engines/engine.js';
import type { Clock } from '../system/log.js';

/**
 * How much time there still is. Between the signal and the end of the process GitHub's runner lets 7.5 s pass, so what was
 * begun must be finished, or be on its way back, after 3.5: a busy machine takes its time for that, too.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 */
export interface CancellationDeadline {
  readonly cancelled: boolean;
  /** Milliseconds until the way forward is given up, and so many more; infinite as long as nobody wants the run to end. */
  remainingMs(more?: number): number;
  /** Calls `work` at the signal, at once where it came already. Answers how to take that back. */
  onCancel(work: () => void): () => void;
}

const forwardMs = 3_500;
/**
 * What a container that was started again may take of the rest to become healthy, while somebody still looks: one without a
 * HEALTHCHECK is watched for two seconds.
 */
export const afterwardsMs = 2_100;

/** To be made once for a run, and early: the time counts from the signal. */
export function cancellationDeadline(signal: AbortSignal, clock: Clock): CancellationDeadline {
  let since: number | undefined;
  const note = () => {
    since ??= clock.now();
  };
  if (signal.aborted) note();
  else signal.addEventListener('abort', note, { once: true });
  return {
    get cancelled() {
      return signal.aborted;
    },
    remainingMs: (more = 0) =>
      since === undefined ? Number.POSITIVE_INFINITY : Math.max(0, since + forwardMs + more - clock.now()),
    onCancel: (work) => {
      if (signal.aborted) {
        work();
        return () => undefined;
      }
      signal.addEventListener('abort', work, { once: true });
      return () => signal.removeEventListener('abort', work);
    },
  };
}

/** For what nobody can cancel. */
export const noDeadline: CancellationDeadline = {
  cancelled: false,
  remainingMs: () => Number.POSITIVE_INFINITY,
  onCancel: () => () => undefined,
};

const shortSeconds = 1;

/**
 * Stops a container by its own stop signal and timeout; from the moment on when the run is cancelled it has a second, and
 * none where time is short.
 */
export async function stopInTime(engine: Engine, id: string, deadline: CancellationDeadline): Promise<void> {
  let stopping: Promise<void> | undefined;
  const hurry = () => {
    const seconds = deadline.remainingMs() > 2 * shortSeconds * 1_000 ? shortSeconds : 0;
    const hurried = engine.stopContainer(id, seconds);
    // Where it fails, the stop that goes on by the container's own timeout says how it ends.
    if (stopping === undefined) stopping = hurried;
    else hurried.catch(() => undefined);
  };
  if (deadline.cancelled) hurry();
  stopping ??= engine.stopContainer(id);
  const leave = deadline.cancelled ? () => undefined : deadline.onCancel(hurry);
  try {
    await stopping;
  } finally {
    leave();
  }
}
