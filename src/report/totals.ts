import type { ContainerReport, Downtime } from '../deployment/report.js';

/** Over all containers that were measured: the longest downtime and gap of one, and all requests. Undefined: none was. */
export function totalDowntime(containers: readonly ContainerReport[]): Downtime | undefined {
  const measured = containers.flatMap(({ downtime }) => (downtime ? [downtime] : []));
  if (measured.length === 0) return undefined;
  return {
    ms: Math.max(...measured.map(({ ms }) => ms)),
    longestGapMs: Math.max(...measured.map(({ longestGapMs }) => longestGapMs)),
    requests: sum(measured.map(({ requests }) => requests)),
    failed: sum(measured.map(({ failed }) => failed)),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
