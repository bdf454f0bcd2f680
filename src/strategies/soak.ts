import type { ContainerDetails } from '../engines/details.js';
import { endOf, lastWords, removed } from '../probe/await-health.js';
import { healthCheck } from '../probe/health-check.js';
import type { RunningProbe } from '../probe/probe.js';
import { quoted } from '../system/quoted.js';
import type { UpdateContext } from './context.js';

/** Failing for this long is no hiccup of the network between the prober and the service. */
const enduredMs = 1_000;
const pollIntervalMs = 100;
const checkIntervalMs = 1_000;
/** A look at a busy engine may take this long. */
const longestStepMs = 2_000;
/** Docker's own, if the HEALTHCHECK does not say. */
const defaultRetries = 3;
/** A tenth of the requests, and not just one or two of a few. */
const [enduredShare, enduredFailures] = [0.1, 3];

/** What a container is when it begins to be watched: whatever differs later has happened to it since. */
export interface Life {
  readonly restarts: number;
  readonly startedAt: string;
  /** A container that was unhealthy before is not made so by this deploy. */
  readonly unhealthy: boolean;
}

export function lifeOf({ RestartCount: restarts, State: state }: ContainerDetails): Life {
  return { restarts, startedAt: state.StartedAt, unhealthy: state.Health?.Status === 'unhealthy' };
}

/**
 * Watches the new version for `soak` before it is final, hot and by restart alike: the container must stay up without being
 * restarted, its HEALTHCHECK must pass, and it must answer the probe. Answers what is wrong with it, or nothing.
 */
export async function soak(work: UpdateContext, id: string, life: Life): Promise<string | undefined> {
  const { clock, engine, inputs, probe } = work;
  const since = clock.now();
  let [last, watchedMs] = [since, 0];
  const container = await engine.findContainer(id);
  if (container === undefined) return removed;
  const retries = container.Config?.Healthcheck?.Retries || defaultRetries;
  // The Engine's own interval may be longer than the whole watch.
  const check =
    life.unhealthy || inputs.soakMs === 0
      ? undefined
      : healthCheck(engine, container, clock, { pauseMs: checkIntervalMs, once: false });
  try {
    for (;;) {
      const now = await engine.findContainer(id);
      const ended = now === undefined ? removed : endSince(now, life);
      if (ended !== undefined) return `${ended}${now === undefined ? '' : await lastWords(engine, now)}`;
      if (now?.State.Health?.Status === 'unhealthy' && !life.unhealthy) return 'the HEALTHCHECK fails';
      if (check !== undefined && check.failures() >= retries) {
        const said = check.lastOutput();
        return `the HEALTHCHECK failed ${check.failures()} times in a row${said === '' ? '' : ` (${quoted(said)})`}`;
      }
      const failing = failingProbe(work, inputs.soakMs);
      if (failing.sick !== undefined) return failing.sick;
      // No verdict in the middle of a failure: it goes on, or it is over in a moment.
      // Time in which nobody watched, as when the runner stood still, does not count.
      watchedMs += Math.min(clock.now() - last, longestStepMs);
      last = clock.now();
      if (watchedMs >= inputs.soakMs && !failing.still) return probe && tooMany(probe, since);
      if (work.signal.aborted) return 'the run was cancelled before the new version had been watched long enough';
      await clock.sleep(Math.min(pollIntervalMs, Math.max(1, inputs.soakMs - watchedMs)));
    }
  } finally {
    check?.stop();
  }
}

function endSince(container: ContainerDetails, { restarts, startedAt }: Life): string | undefined {
  const end = endOf(container, restarts);
  if (end !== undefined) return `the container did not stay up: ${end}`;
  return container.State.StartedAt === startedAt ? undefined : 'the container was restarted by somebody meanwhile';
}

/** A HEALTHCHECK's verdict is looked at by itself: until the Engine has one, a container is neither healthy nor not. */
function failingProbe(
  { clock, probe }: UpdateContext,
  soakMs: number,
): { readonly sick?: string; readonly still: boolean } {
  const since = probe?.failingSince();
  if (probe === undefined || probe.kind === 'docker' || since === undefined) return { still: false };
  const ms = clock.now() - since;
  const limitMs = Math.max(Math.min(enduredMs, soakMs / 2), 2.5 * probe.intervalMs);
  if (ms <= limitMs) return { still: soakMs > 0 };
  const seconds = (ms / 1_000).toFixed(1);
  return { sick: `the probe has failed for ${seconds} s (${probe.unanswered(since)})`, still: true };
}

/** A service that fails now and then would never fail for long enough; one that did so before is no worse than it was. */
function tooMany(probe: RunningProbe, since: number): string | undefined {
  const { sent, failed, before } = probe.failedShare(since);
  const share = failed / Math.max(1, sent);
  return probe.kind !== 'docker' && failed >= enduredFailures && share > enduredShare && share > before
    ? `${failed} of ${sent} requests of the probe failed while it was watched`
    : undefined;
}
