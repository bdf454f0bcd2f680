import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Clock } from '../system/log.js';

/** A container's own HEALTHCHECK, asked without waiting for the engine to ask it. */
export interface HealthCheck {
  passed(): boolean;
  /** How many checks have failed one after the other, up to now. */
  failures(): number;
  /** What the last failed check printed. */
  lastOutput(): string;
  stop(): void;
}

const defaultTimeoutMs = 30_000;
const shortestPauseMs = 200;
/** As much as the Engine keeps of it. */
const lastBytes = 4_096;

/**
 * The Engine runs a HEALTHCHECK for the first time after one whole interval, 30 s by default, and a container that serves
 * after one second would be `starting` all the while. So the same command is run here, in the same way, from the start; one
 * success makes a container healthy for the Engine too. Only the Engine calls it unhealthy, since it counts start period and retries.
 * https://github.com/moby/moby/blob/v20.10.24/daemon/health.go
 *
 * @returns undefined where the container has no HEALTHCHECK
 */
export function healthCheck(
  engine: Engine,
  container: ContainerDetails,
  clock: Clock,
  /** How long it pauses between two checks, at least; and whether it ends with the first that passes. */
  { pauseMs = shortestPauseMs, once = true }: { readonly pauseMs?: number; readonly once?: boolean } = {},
): HealthCheck | undefined {
  const argv = commandOf(container);
  if (argv === undefined) return undefined;
  const { Timeout: timeoutNs = 0 } = container.Config.Healthcheck ?? {};
  const timeoutMs = timeoutNs > 0 ? timeoutNs / 1e6 : defaultTimeoutMs;
  let passed = false;
  let stopped = false;
  let failures = 0;
  let lastOutput = '';

  const ask = async () => {
    while (!stopped && !(once && passed)) {
      const asked = clock.now();
      try {
        const { exitCode, stdout, stderr } = await engine.exec(container.Id, { argv, timeoutMs, last: lastBytes });
        passed = exitCode === 0;
        failures = passed ? 0 : failures + 1;
        lastOutput = Buffer.concat([stdout, stderr]).toString().trim();
      } catch {
        // Not running yet, too slow, or gone: whoever waits looks at the container itself and says which.
        failures += 1;
      }
      // A check that is costly must not take the time the application needs to start.
      await clock.sleep(Math.max(pauseMs, clock.now() - asked));
    }
  };
  void ask();

  return {
    passed: () => passed,
    failures: () => failures,
    lastOutput: () => lastOutput,
    stop: () => {
      stopped = true;
    },
  };
}

/** `CMD` runs a program, `CMD-SHELL` a line of the container's shell, `NONE` hides the image's check. */
function commandOf({ Config: config }: ContainerDetails): readonly string[] | undefined {
  const [kind, ...words] = config.Healthcheck?.Test ?? [];
  if (kind === 'CMD' && words.length > 0) return words;
  return kind === 'CMD-SHELL' ? [...(config.Shell ?? ['/bin/sh', '-c']), ...words] : undefined;
}
