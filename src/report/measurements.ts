import type { ContainerReport, TimelineEvent } from '../deployment/report.js';
import type { Window } from '../probe/window.js';
import { spell } from '../system/duration.js';
import { number } from './count.js';
import type { Column, Table } from './section.js';

const periods = ['before', 'during', 'after'] as const;

const latencyColumns: readonly Column[] = [
  { title: 'Container', as: 'code' },
  { title: 'Period' },
  ...['Requests', 'Failed', 'p50', 'p99', 'Slowest'].map((title) => ({ title, as: 'number' as const })),
];

/** How long the answers took before, during and after the switch. */
export function latencyTable(containers: readonly ContainerReport[]): Table {
  return {
    title: 'Latency',
    kind: 'table',
    // Three rows a container: of a large fleet, more than anyone reads unasked.
    ...(containers.length > 4 && { detail: true }),
    columns: latencyColumns,
    rows: containers.flatMap(({ name, latency }) =>
      latency ? periods.map((period) => [name, period, ...latencies(latency[period])]) : [],
    ),
  };
}

/** What requests got instead of an answer, and when. */
export function failureTable(containers: readonly ContainerReport[]): Table {
  return {
    title: 'Failed requests',
    kind: 'table',
    columns: [
      { title: 'Container', as: 'code' },
      { title: 'Got' },
      ...['Requests', 'First at', 'Last at'].map((title) => ({ title, as: 'number' as const })),
    ],
    rows: containers.flatMap(({ name, failures = [] }) =>
      failures.map(({ what, count, first, last }) => [...[name, what, number(count), spell(first), spell(last)]]),
    ),
    notes: ['Times are since the run began.'],
  };
}

function latencies({ requests, failed, p50Ms, p99Ms, maxMs }: Window): readonly string[] {
  const times = requests === failed ? ['–', '–', '–'] : [spell(p50Ms), spell(p99Ms), spell(maxMs)];
  return [number(requests), number(failed), ...times];
}

/** What each step took inside each container. */
export function phaseTable(containers: readonly ContainerReport[]): Table {
  return {
    title: 'Phases',
    kind: 'table',
    detail: true,
    columns: [{ title: 'Container', as: 'code' }, { title: 'Phase' }, { title: 'Took', as: 'number' }],
    rows: containers.flatMap(({ name, phases }) => phases.map((phase) => [name, phase.name, spell(phase.ms)])),
  };
}

export function timelineTable(timeline: readonly TimelineEvent[]): Table {
  return {
    title: 'Timeline',
    kind: 'table',
    columns: [
      { title: 'At', as: 'number' },
      { title: 'Took', as: 'number' },
      { title: 'Container', as: 'code' },
      { title: 'What' },
    ],
    rows: timeline.map(({ at, ms, container = '–', label }) => [spell(at), spell(ms), container, label]),
  };
}
