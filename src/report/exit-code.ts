import type { Outcome, Report } from '../deployment/report.js';
import { isRestart } from './verdict.js';

/** 2 is left to wrong usage. */
export const exitCodes = {
  planned: 0,
  unchanged: 0,
  deployed: 0,
  refused: 1,
  'rolled-back': 3,
  failed: 4,
} as const satisfies Readonly<Record<Outcome, number>>;

/** A plan that would restart where nobody wants that ends as one that is refused. */
export function exitCode(report: Report, failOn: 'restart' | undefined): number {
  return whyItFails(report, failOn) === undefined ? exitCodes[report.outcome] : exitCodes.refused;
}

/** Why a plan that can be carried out is a failure all the same, in a sentence; undefined where it is none. */
export function whyItFails(
  { outcome, containers }: Pick<Report, 'outcome' | 'containers'>,
  failOn: 'restart' | undefined,
): string | undefined {
  const restarted = containers.filter(({ method }) => isRestart(method)).map(({ name }) => name);
  return failOn === 'restart' && outcome === 'planned' && restarted.length > 0
    ? `\`fail-on\` is restart, and ${restarted.join(', ')} would be restarted.`
    : undefined;
}
