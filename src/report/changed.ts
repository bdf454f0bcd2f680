import type { Report } from '../deployment/report.js';

/** Whether the run changed anything on any container. */
export function hasChanged({ outcome, recovered = [] }: Pick<Report, 'outcome' | 'recovered'>): boolean {
  return outcome === 'deployed' || outcome === 'rolled-back' || outcome === 'failed' || recovered.length > 0;
}
