import type { ContainerReport } from '../deployment/report.js';
import { count } from './count.js';
import type { List } from './section.js';

/** One line a container: what stays of earlier deploys for a way back, what it takes, and what was removed. */
export function earlierVersions(reports: readonly ContainerReport[]): List {
  const items = reports.flatMap(({ name, earlier }) => {
    if (earlier === undefined) return [];
    const { containers, releases, removed, bytesFreed } = earlier;
    const kept = [
      ...containers.map((one) => `container ${one.name} on ${one.image}${taking(one.bytes)}`),
      ...releases.map((one) => `release ${one.version}${taking(one.bytes)}`),
    ];
    const freed = bytesFreed === undefined ? '' : `, which freed ${count(bytesFreed, 'byte')}`;
    const parts = [
      ...(kept.length > 0 ? [`kept ${kept.join(', ')}`] : []),
      ...(removed.length > 0 ? [`removed ${removed.join(', ')}${freed}`] : []),
    ];
    return parts.length === 0 ? [] : [`${name}: ${parts.join('; ')}`];
  });
  return { title: 'Kept for a rollback', kind: 'list', detail: true, items };
}

const taking = (bytes: number | undefined) => (bytes === undefined ? '' : `, ${count(bytes, 'byte')}`);
