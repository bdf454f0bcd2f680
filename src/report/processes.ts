import type { ContainerReport } from '../deployment/report.js';
import type { ProcessNote } from '../release/processes.js';
import type { Table } from './section.js';

/** Processes that did not follow: still in old code after the drain, or never migrated. */
export function processTable(containers: readonly ContainerReport[]): Table {
  return {
    title: 'Processes left behind',
    kind: 'table',
    columns: [
      { title: 'Container', as: 'code' },
      { title: 'Process', as: 'code' },
      { title: 'Name', as: 'code' },
      { title: 'What' },
      { title: 'Modules', as: 'code' },
    ],
    rows: containers.flatMap(({ name, lingering, notMigrated }) => [
      ...lingering.map((note) => row(name, note, 'still in old code')),
      ...notMigrated.map((note) => row(name, note, 'state not migrated')),
    ]),
  };
}

const row = (container: string, { pid, name = '–', modules }: ProcessNote, what: string) => [
  container,
  pid,
  name,
  what,
  modules.join(' '),
];
