import { expect, it } from 'vitest';
import { readInputs } from '../../src/config/read-inputs.js';
import { Refusal } from '../../src/reasons/refusal.js';
import { type PlannedRun, refusedBy, report } from '../../src/rollout/reporting.js';
import type { TargetUpdate } from '../../src/rollout/target-update.js';
import { systemClock } from '../../src/system/log.js';

const given: Record<string, string> = { containers: 'web', image: 'kv:2', build: 'false' };
const decided = {
  inputs: readInputs((name) => given[name], {}),
  world: { clock: systemClock, environment: {} },
  began: 0,
  run: { id: 'r', startedAt: '2026-01-02T03:04:05.000Z' },
  engine: 'unix:///var/run/docker.sock',
  image: { reference: 'kv:2', id: 'sha256:2' },
  next: { version: '0.2.0' },
  plans: [],
} as unknown as PlannedRun;

it('a run that was cancelled before the first container had its turn is never told as a deploy', () => {
  expect(report(decided, [])).toMatchObject({ outcome: 'refused', message: expect.stringContaining('cancelled') });
});

it('a refusal comes with what another program said at its end, where one did', () => {
  const refusal = new Refusal('It was not built.', { output: ['no space left'] });
  expect(refusedBy(decided, refusal)).toMatchObject({ message: 'It was not built.', output: ['no space left'] });
  expect(refusedBy(decided, new Refusal('It was not found.'))).not.toHaveProperty('output');
});

it('what failed requests got is told of the container, in times since the run began', () => {
  const plan = { name: 'web', container: { Id: '1' }, reasons: [] };
  const measurement = {
    downtime: { ms: 30, longestGapMs: 40, requests: 90, failed: 2 },
    failures: [{ what: 'status 500', count: 2, first: 1_100.4, last: 1_200.6 }],
  };
  const carried = { plan, ended: { outcome: 'rolled-back' }, phases: [], timeline: [], measurement };
  const { containers } = report({ ...decided, began: 1_000, plans: [plan] } as unknown as PlannedRun, [
    carried as unknown as TargetUpdate,
  ]);
  expect(containers).toMatchObject([
    { downtime: measurement.downtime, failures: [{ what: 'status 500', count: 2, first: 100, last: 201 }] },
  ]);
});
