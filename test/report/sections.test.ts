import { expect, test } from 'vitest';
import { containerTable } from '../../src/report/containers.js';
import { earlierVersions } from '../../src/report/earlier.js';
import { latencyTable } from '../../src/report/measurements.js';
import { reasonTable } from '../../src/report/reasons.js';
import { sections } from '../../src/report/sections.js';
import { container, report } from './sample.js';

const titles = (containers: Parameters<typeof containerTable>[0]) =>
  containerTable(containers).columns.map(({ title }) => title);

const { downtime: _, proof: __, ...planned } = container;

test('a plan has no columns for what was not measured', () => {
  expect(titles([planned])).toEqual(['Container', 'Outcome', 'Method', 'Version']);
  expect(titles([planned, container])).toContain('Longest gap');
});

test('a container that was asked nothing has a dash for its downtime, and not zero', () => {
  const silent = { ...container, downtime: { ms: 0, longestGapMs: 0, requests: 0, failed: 0 } };
  expect(containerTable([container, silent]).rows[1]?.slice(4, 8)).toEqual(['–', '–', '–', '–']);
});

test('a period in which nothing was answered has no latency', () => {
  const silent = { requests: 3, failed: 3, p50Ms: 0, p99Ms: 0, maxMs: 0 };
  const rows = latencyTable([{ ...container, latency: { before: silent, during: silent, after: silent } }]).rows;
  expect(rows[0]).toEqual(['kv-1', 'before', '3', '3', '–', '–', '–']);
});

test('a reason of the whole run is told once, one of some containers with their names', () => {
  const general = { code: 'erts-changed', subject: 'erts', message: 'm', blocks: ['relup'] } as const;
  const own = { code: 'release-not-writable', subject: '/app', message: 'n', blocks: [] } as const;
  const containers = [
    { ...container, reasons: [general, own] },
    { ...container, name: 'kv-2', reasons: [own] },
  ];
  expect(reasonTable({ ...report, reasons: [general], containers }).rows).toEqual([
    ['erts-changed', 'erts', 'relup', 'm', 'all'],
    ['release-not-writable', '/app', 'nothing', 'n', 'kv-1, kv-2'],
  ]);
});

test('what is kept for a rollback is one line a container, with what it takes and what was removed', () => {
  const kept = { name: 'kv-1.hot-deploy-previous-0123', id: '0123', image: 'acme/kv:1', bytes: 1_234 };
  const earlier = {
    containers: [kept],
    releases: [{ version: '0.1.0', bytes: 99 }],
    removed: ['0.0.9'],
    bytesFreed: 1,
  };
  const containers = [
    { ...container, earlier },
    { ...container, earlier: { containers: [], releases: [], removed: [] } },
  ];
  expect(earlierVersions(containers).items).toEqual([
    'kv-1: kept container kv-1.hot-deploy-previous-0123 on acme/kv:1, 1,234 bytes, release 0.1.0, 99 bytes; removed 0.0.9, which freed 1 byte',
  ]);
});

test('what is empty is left out', () => {
  const empty = { ...report, containers: [], reasons: [], instructions: [], warnings: [] };
  expect(sections(empty).map(({ title }) => title)).toEqual(['Image and bundle']);
});
