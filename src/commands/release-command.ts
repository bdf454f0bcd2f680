import type { Report } from '../deployment/report.js';
import type { Engine } from '../engines/engine.js';
import { Refusal } from '../reasons/refusal.js';
import { type PlannedRun, refused } from '../rollout/reporting.js';
import { type ReleaseCommandResult, runReleaseCommand } from '../strategies/recreate/release-command.js';
import type { Changing } from '../strategies/strategy.js';
import { quoted } from '../system/quoted.js';

/** Runs the release command of a deploy, as the first container that changes, and rolls out only after it has succeeded. */
export async function afterReleaseCommand(
  engine: Engine,
  decided: PlannedRun,
  [first]: readonly Changing[],
  rollOut: () => Promise<Report>,
): Promise<Report> {
  const { inputs, world, image, began } = decided;
  const { mode, releaseCommand: command, releaseCommandTimeoutMs: timeoutMs } = inputs;
  if (mode !== 'deploy' || command === undefined || first === undefined) return await rollOut();
  const { log, clock, signal } = world;
  const details = await engine.findImage(image.id);
  if (details === undefined) throw new Refusal(`The engine no longer has the image ${image.reference}.`);
  const { container, oldImage } = first;
  const what = { command, timeoutMs, container, oldImage, image: details };
  const at = Math.round(clock.now() - began);
  const result = await log.group('Run the release command', () =>
    runReleaseCommand({ engine, clock, log, signal }, what),
  );
  const timeline = [{ at, ms: result.report.ms, label: 'release command' }];
  if (result.failure !== undefined) {
    const message = told(result, result.failure);
    return { ...refused(decided, message), releaseCommand: result.report, timeline };
  }
  const report = await rollOut();
  // It stays done where the containers go back.
  const message =
    report.outcome === 'deployed'
      ? report.message
      : `${report.message ?? ''} The release command had succeeded before: the database stays as it left it.`.trim();
  return {
    ...report,
    releaseCommand: result.report,
    timeline: [...timeline, ...report.timeline],
    ...(message !== undefined && { message }),
  };
}

function told({ report: { command, outcome } }: ReleaseCommandResult, failure: string): string {
  const database =
    outcome === 'not-started'
      ? 'and nothing has run'
      : 'and the database may be: look at what the command has done before you deploy again';
  return `The release command ${quoted(command)} did not succeed. ${failure} No container was changed, ${database}.`;
}
