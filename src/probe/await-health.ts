import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Clock } from '../system/log.js';
import { pollOn } from '../system/poll.js';
import { quoted } from '../system/quoted.js';
import { type HealthCheck, healthCheck } from './health-check.js';

/** Whether a container that was just started came up. */
export type Health =
  | { readonly kind: 'healthy' }
  | { readonly kind: 'failed'; readonly why: string }
  /** Nobody could wait any longer. */
  | { readonly kind: 'late'; readonly why: string };

/** How often the engine is asked; an answer costs it half a millisecond. */
const lookMs = 50;
/** Without a HEALTHCHECK this long without an end or a restart counts as healthy. */
const steadyMs = 2_000;
/** Reports cut a long message, and the end is what tells. */
const logLines = 20;
const logCharacters = 700;
/** The Engine cuts off what a HEALTHCHECK prints beyond, perhaps within a secret. */
const mostOutput = 4_096;

export interface Patience {
  readonly clock: Clock;
  /** After it a container that is still starting has failed. */
  readonly timeoutMs: number;
  /** How long it may be waited for at all, which may become less meanwhile. */
  readonly remainingMs?: () => number;
  /** How often its restart policy had started it already, if it was not just started. */
  readonly restartsBefore?: number;
  /** What the probe got instead of an answer; undefined once the container has answered it. */
  readonly unanswered?: (() => string | undefined) | undefined;
}

/**
 * Waits until the container is healthy by its HEALTHCHECK, or, where it has none, has run for two seconds; and has answered the
 * probe. A container that ends or restarts meanwhile has failed at once: waiting for its restart policy to try again costs downtime.
 */
export async function awaitHealth(
  engine: Engine,
  id: string,
  {
    clock,
    timeoutMs,
    remainingMs = () => Number.POSITIVE_INFINITY,
    restartsBefore = 0,
    unanswered = () => undefined,
  }: Patience,
): Promise<Health> {
  const since = clock.now();
  const check = healthCheck(engine, await engine.inspectContainer(id), clock);
  try {
    return await pollOn(clock, lookMs, async () => {
      // Before the look: a check may pass in the last moments of a container that has ended when somebody looks.
      const passed = check?.passed() === true;
      const container = await engine.findContainer(id);
      if (container === undefined) return failed(removed);
      const end = endOf(container, restartsBefore);
      if (end !== undefined) return failed(`${end}${await lastWords(engine, container)}`);
      const waited = clock.now() - since;
      const verdict = check === undefined ? steady(waited) : judged(container, passed);
      const missing = unanswered();
      if (verdict === 'healthy' && missing === undefined) return { kind: 'healthy' };
      if (verdict !== undefined && verdict !== 'healthy')
        return failed(`${verdict}${await lastWords(engine, container)}`);
      if (waited > Math.max(timeoutMs, check === undefined ? steadyMs : 0)) {
        const why =
          verdict === 'healthy'
            ? `it did not answer the probe within ${timeoutMs / 1000} s (${missing})`
            : `it was still starting after ${timeoutMs / 1000} s${check === undefined ? '' : said(check)}`;
        return failed(`${why}${await lastWords(engine, container)}`);
      }
      if (remainingMs() <= 0) {
        return { kind: 'late', why: `the run was cancelled, and it was still starting after ${seconds(waited)}` };
      }
      return undefined;
    });
  } finally {
    check?.stop();
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function failed(why: string): Health {
  return { kind: 'failed', why };
}

export const removed = 'it ended, and the engine removed it with its log, since it has --rm';

/** How a container ended, or was restarted by its policy, since its policy had started it `restartsBefore` times. */
export function endOf(
  { State: state, RestartCount: restarts }: ContainerDetails,
  restartsBefore: number,
): string | undefined {
  if (state.OOMKilled && !state.Running) return 'it was killed because its memory limit was too low';
  if (!state.Running || state.Restarting || state.Dead) return `it ended with exit code ${state.ExitCode}`;
  // Too quick for a look: it is running again already.
  return restarts > restartsBefore ? 'it ended and was restarted by its restart policy' : undefined;
}

function steady(waited: number): 'healthy' | undefined {
  return waited >= steadyMs ? 'healthy' : undefined;
}

function judged({ State: { Health: health } }: ContainerDetails, passed: boolean): string | undefined {
  if (health?.Status === 'healthy' || passed) return 'healthy';
  if (health?.Status !== 'unhealthy') return undefined;
  const whole = health.Log.at(-1)?.Output ?? '';
  const output = (whole.length < mostOutput ? whole : whole.replace(/\S*$/, '')).trim();
  return `its HEALTHCHECK failed ${health.FailingStreak} times${output === '' ? '' : ` (${quoted(output)})`}`;
}

function said(check: HealthCheck): string {
  const output = check.lastOutput();
  return output === '' ? '' : ` (its HEALTHCHECK said: ${quoted(output)})`;
}

/** What a release says before it dies is often what it was configured with. */
export async function lastWords(engine: Engine, { Id: id }: ContainerDetails): Promise<string> {
  try {
    const log = (await engine.logs(id, logLines)).trim();
    return log === '' ? '; its log is empty' : `; the end of its log:\n${quoted(log, logCharacters)}`;
  } catch {
    // Some log drivers cannot be read back. That is no reason to hide why the container failed.
    return '; its log cannot be read';
  }
}
