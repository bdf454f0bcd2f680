import type { Method, Report } from '../deployment/report.js';
import { strategyNames } from '../reasons/strategies.js';
import { totalDowntime } from '../report/totals.js';

/** What a deploy has cost, as its deployment's description tells the next one. */
export interface Measured {
  readonly method: Method;
  /** The most that one container was down. */
  readonly downtimeMs: number;
}

const isMeasured = new RegExp(`\\[(${Object.keys(strategyNames).join('|')}), down (\\d{1,9}) ms\\]$`);

/** What stands at the end of a description; nothing where nothing was measured. */
export function measuredMark({ method, containers }: Pick<Report, 'method' | 'containers'>): string {
  const downtime = totalDowntime(containers);
  if (method === 'none' || downtime === undefined || downtime.requests === 0) return '';
  return ` [${method}, down ${Math.round(downtime.ms)} ms]`;
}

export function measuredIn(description: string): Measured | undefined {
  const [, method, ms] = isMeasured.exec(description) ?? [];
  return method === undefined ? undefined : { method: method as Method, downtimeMs: Number(ms) };
}
