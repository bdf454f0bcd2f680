import type { Work } from './run.js';

/** Failing for this long is no hiccup of the network between the prober and the service. */
const enduredMs = 1_000;
const lookMs = 100;

/** Watches the new code before it is made permanent. Answers what is wrong with it, or nothing. */
export async function soak(work: Work, container: string): Promise<string | undefined> {
  const { clock, engine, inputs, probe } = work;
  const until = clock.now() + inputs.soakMs;
  const health = (await engine.inspectContainer(container)).State.Health?.Status;
  while (clock.now() < until) {
    if (work.signal.aborted) {
      return 'the run was cancelled before the new code had been watched long enough';
    }
    const since = probe?.failingSince();
    if (since !== undefined && clock.now() - since > Math.min(enduredMs, inputs.soakMs / 2)) {
      return `the probe has failed for ${((clock.now() - since) / 1000).toFixed(1)} s`;
    }
    const { State } = await engine.inspectContainer(container);
    if (!State.Running) {
      return `the container ended with exit code ${State.ExitCode}`;
    }
    // One that was unhealthy before is not made so by this deploy.
    if (State.Health?.Status === 'unhealthy' && health !== 'unhealthy') {
      return 'the HEALTHCHECK fails';
    }
    await clock.sleep(Math.min(lookMs, Math.max(1, until - clock.now())));
  }
  return undefined;
}
