import type { ContainerReport, Downtime } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { number } from './count.js';
import { proved } from './proof.js';
import type { Column, Table } from './section.js';

interface Field extends Column {
  readonly of: (container: ContainerReport) => string;
  /** Where no container has it, the column is left out. */
  readonly when?: (container: ContainerReport) => boolean;
}

const none = '–';

const definitions = [
  'Downtime: the times from each first failed request to the next answered one, added up.',
  'Longest gap: the longest time without an answer, an outage that did not end included.',
];

const measured = ({ downtime }: ContainerReport) => downtime !== undefined && downtime.requests > 0;

/** A figure of the measurement; the column is left out where no container was measured. */
const figure = (title: string, of: (downtime: Downtime) => string): Field => ({
  title,
  as: 'number',
  when: measured,
  of: ({ downtime }) => (downtime && downtime.requests > 0 ? of(downtime) : none),
});

const fields: readonly Field[] = [
  { title: 'Container', as: 'code', of: ({ name }) => name },
  { title: 'Outcome', of: ({ outcome }) => outcome },
  { title: 'Method', of: ({ method }) => method },
  { title: 'Version', of: ({ from = none, to = none }) => (from === to ? to : `${from} → ${to}`) },
  figure('Downtime', ({ ms }) => spell(ms)),
  figure('Longest gap', ({ longestGapMs }) => spell(longestGapMs)),
  figure('Requests', ({ requests }) => number(requests)),
  figure('Failed', ({ failed }) => number(failed)),
  { title: 'Proof', when: ({ proof }) => proof !== undefined, of: ({ proof }) => proved(proof) },
  { title: 'Message', when: ({ message }) => message !== undefined, of: ({ message = '' }) => message },
];

/** One row a container: what happened to it, what it cost its clients, and what proves it. */
export function containerTable(containers: readonly ContainerReport[]): Table {
  const shown = fields.filter(({ when = () => true }) => containers.some(when));
  return {
    title: 'Containers',
    kind: 'table',
    columns: shown,
    rows: containers.map((container) => shown.map((field) => field.of(container))),
    ...(containers.some(measured) && { notes: definitions }),
  };
}
