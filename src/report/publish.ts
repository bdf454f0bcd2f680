import * as core from '@actions/core';
import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import { explain } from './cause.js';
import { renderOutputs } from './outputs.js';
import { renderBrokenOff, renderSummary } from './summary.js';
import { writePreview, writeReport, writeSummary } from './write.js';

/** Hands a report to GitHub. What goes wrong here is a warning: it changes nothing about what was deployed. */
export async function publish(
  report: Report,
  { reportPath, preview }: Pick<Inputs, 'reportPath' | 'preview'>,
  environment: NodeJS.ProcessEnv,
  log: readonly string[],
): Promise<void> {
  const summaryPath = environment['GITHUB_STEP_SUMMARY'];
  const steps = [
    () => writeReport(report, reportPath),
    () => preview && writePreview(report, log, reportPath),
    () => summaryPath && writeSummary(renderSummary(report), summaryPath),
    () => {
      for (const [name, value] of renderOutputs(report, reportPath)) core.setOutput(name, value);
    },
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      core.warning(explain(error));
    }
  }
}

/** Hands an error to GitHub that has left no report. */
export async function publishError(error: unknown, environment: NodeJS.ProcessEnv): Promise<void> {
  const why = explain(error);
  const summaryPath = environment['GITHUB_STEP_SUMMARY'];
  if (summaryPath) {
    await writeSummary(renderBrokenOff(why), summaryPath).catch((unwritten: unknown) =>
      core.warning(explain(unwritten)),
    );
  }
  core.setFailed(why);
}
