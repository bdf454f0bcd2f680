import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import { messageOf } from '../system/message-of.js';

/** Puts to a plan what earlier deploys by the same method have measured, where GitHub knows of any. */
export async function estimateDowntime(report: Report, { deployments, log }: RunContext): Promise<Report> {
  const { outcome, method, environment } = report;
  if (deployments === undefined || outcome !== 'planned' || method === 'none') return report;
  const downtimes = await deployments.downtimes(environment, method).catch((error: unknown) => {
    log.info(
      `What earlier deploys have measured is not known: ${messageOf(error)}. It takes \`permissions: deployments: read\`.`,
    );
    return [];
  });
  const sorted = [...downtimes].sort((one, other) => one - other);
  const [medianMs, mostMs] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return medianMs === undefined || mostMs === undefined
    ? report
    : { ...report, expected: { deploys: sorted.length, medianMs, mostMs } };
}
