import type { ContainerReport, RehearsalReport } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import type { List, Table } from './section.js';

const ends = {
  passed: 'ended as a cold boot',
  failed: 'failed',
  unrehearsed: 'could not be tried',
} as const satisfies Readonly<Record<RehearsalReport['kind'], string>>;

/** How the upgrade went where nobody was served, and what that cost. */
export function rehearsalTable(containers: readonly ContainerReport[]): Table {
  return {
    title: 'Rehearsal',
    kind: 'table',
    detail: true,
    columns: [
      { title: 'Container', as: 'code' },
      { title: 'Rehearsal' },
      { title: 'Way back' },
      { title: 'Took', as: 'number' },
      { title: 'A cold boot takes', as: 'number' },
    ],
    rows: containers.flatMap(({ name, rehearsal }) =>
      rehearsal === undefined
        ? []
        : [[name, ends[rehearsal.kind], rehearsal.wayBack ?? '–', spell(rehearsal.ms), bootTime(rehearsal)]],
    ),
  };
}

/** What somebody should know of it, once for all containers. */
export function rehearsalRemarks(containers: readonly ContainerReport[]): List {
  const items = [...new Set(containers.flatMap(({ rehearsal }) => rehearsal?.remarks ?? []))];
  return { title: 'Seen in the rehearsal', kind: 'list', detail: true, items };
}

function bootTime({ bootMs }: RehearsalReport): string {
  return bootMs === undefined ? '–' : spell(bootMs);
}
