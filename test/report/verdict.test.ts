import { expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { verdict } from '../../src/report/verdict.js';
import { container, report, rolledBack } from './sample.js';

const { downtime: _, ...unmeasured } = container;
const { from: __, to: ___, ...nameless } = report;
const restarted = {
  ...container,
  method: 'recreate',
  downtime: { ms: 2_210, longestGapMs: 2_215, requests: 1_200, failed: 3 },
} as const;

const releaseCommand = { command: 'bin/migrate', container: 'kv-1', ms: 1_200, output: [] };
const recovered = [{ container: 'kv-1', what: 'undone', how: 'it was brought back hot' }] as const;

test.each<[string, Report]>([
  ['Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.', report],
  [
    'Deployed 0.1.0 → 0.2.0 hot to 2 containers, no request failed, longest gap 11 ms.',
    { ...report, containers: [container, container] },
  ],
  [
    'Deployed 0.1.0 → 0.2.0 by restart, 3 of 1,200 requests failed, down for 2.2 s, longest gap 2.2 s.',
    { ...report, method: 'recreate', containers: [restarted] },
  ],
  [
    'Deployed 0.1.0 → 0.2.0 hot to 1 container, by restart to 1, 3 of 3,712 requests failed, down for 2.2 s, longest gap 2.2 s.',
    { ...report, containers: [container, restarted] },
  ],
  ['Deployed 0.1.0 → 0.2.0 hot, downtime not measured.', { ...report, containers: [unmeasured] }],
  ['Deployed acme/kv:c0ffee hot, no request failed, longest gap 11 ms.', nameless],
  ['Planned 0.1.0 → 0.2.0: it can be loaded hot, and nothing was touched.', { ...report, outcome: 'planned' }],
  [
    'Planned 0.1.0 → 0.2.0: it needs a restart, and nothing was touched.',
    { ...report, outcome: 'planned', method: 'recreate' },
  ],
  [
    'Refused to deploy 0.1.0 → 0.2.0: no container was changed.',
    { ...report, outcome: 'refused', releaseCommand: { ...releaseCommand, outcome: 'failed' } },
  ],
  [
    'Refused to deploy 0.1.0 → 0.2.0: nothing was touched.',
    { ...report, outcome: 'refused', releaseCommand: { ...releaseCommand, outcome: 'not-started' } },
  ],
  ['0.2.0 already runs: nothing was touched.', { ...report, outcome: 'unchanged', method: 'none' }],
  [
    'Rolled back: 0.2.0 failed, and 0.1.0 serves again; 3 of 1,200 requests failed, down for 2.2 s, longest gap 2.2 s.',
    rolledBack,
  ],
  ['Refused to deploy 0.1.0 → 0.2.0: nothing was touched.', { ...report, outcome: 'refused' }],
  [
    'Refused to deploy 0.1.0 → 0.2.0: only an interrupted deploy was recovered; nothing else changed.',
    { ...report, outcome: 'refused', recovered },
  ],
  [
    'Planned 0.1.0 → 0.2.0: it can be loaded hot, and only an interrupted deploy was recovered; nothing else changed.',
    { ...report, outcome: 'planned', recovered },
  ],
  ['Failed to deploy 0.1.0 → 0.2.0: manual intervention is required.', { ...report, outcome: 'failed' }],
  [
    'Went back 0.2.0 → 0.1.0 hot, no request failed, longest gap 11 ms.',
    { ...report, task: 'rollback', from: '0.2.0', to: '0.1.0' },
  ],
  [
    'Planned the way back 0.1.0 → 0.2.0: it can be loaded hot, and nothing was touched.',
    { ...report, task: 'rollback', outcome: 'planned' },
  ],
  ['0.2.0 runs: nothing was touched.', { ...report, task: 'rollback', outcome: 'unchanged' }],
  [
    'Did not go back: 0.2.0 failed, and 0.1.0 serves again; 3 of 1,200 requests failed, down for 2.2 s, longest gap 2.2 s.',
    { ...rolledBack, task: 'rollback' },
  ],
  ['Refused to go back 0.1.0 → 0.2.0: nothing was touched.', { ...report, task: 'rollback', outcome: 'refused' }],
  ['Refused to go back from what runs: nothing was touched.', { ...nameless, task: 'rollback', outcome: 'refused' }],
  [
    'Failed to go back 0.1.0 → 0.2.0: manual intervention is required.',
    { ...report, task: 'rollback', outcome: 'failed' },
  ],
  ['Cancelled: nothing was touched.', { ...report, outcome: 'refused', cancelled: true }],
  [
    'Cancelled: 0.1.0 serves again; 3 of 1,200 requests failed, down for 2.2 s, longest gap 2.2 s.',
    { ...rolledBack, cancelled: true },
  ],
  [
    'Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms; the run was cancelled too late to go back.',
    { ...report, cancelled: true },
  ],
  [
    'Cancelled. Failed to deploy 0.1.0 → 0.2.0: manual intervention is required.',
    { ...report, outcome: 'failed', cancelled: true },
  ],
  [
    'Wrote .hot-deploy/hot-deploy.sh: nothing was touched.',
    { ...nameless, task: 'script', outcome: 'planned', containers: [], script: { path: '.hot-deploy/hot-deploy.sh' } },
  ],
  [
    'Refused to write the script: nothing was touched.',
    { ...nameless, task: 'script', outcome: 'refused', containers: [] },
  ],
])('%s', (sentence, given) => {
  expect(verdict(given)).toBe(sentence);
});
