import type { ContainerReport, Report, TimelineEvent } from '../../src/deployment/report.js';
import type { Reason } from '../../src/reasons/reason.js';
import { container, proof, report, rolledBack } from '../report/sample.js';
import { fleet } from '../report/status-sample.js';

const names = ['web-1', 'web-2', 'web-3'];
/** The canary goes first, the others go at the same time. */
const begin = [10_510, 17_734, 17_739];

/** Steps one after the other in each container. */
function timeline(steps: Readonly<Record<string, number>>): readonly TimelineEvent[] {
  return names.flatMap((name, index) => {
    let at = begin[index] ?? 0;
    return Object.entries(steps).map(([label, ms]) => {
      at += ms;
      return { at: at - ms, ms, container: name, label };
    });
  });
}

const switching = { check: 695, stage: 149, switch: 1_361, soak: 3_001, drain: 669, 'make permanent': 231 };

const hot: Report = {
  ...report,
  reasons: [],
  containers: names.map((name) => ({ ...container, name })),
  timeline: timeline(switching),
};

const closing = (code: Reason['code'], subject: string, message: string): Reason => ({
  code,
  subject,
  message,
  blocks: ['relup'],
});

const otherErts = closing('erts-changed', 'erts', 'ERTS 13.1.5 (OTP 25) runs and the image brings 15.2.7 (OTP 27).');

const restart: Report = {
  ...report,
  method: 'recreate',
  reasons: [otherErts, closing('vm-args-changed', 'releases/VSN/vm.args', 'The VM reads its arguments at its start.')],
  containers: names.map((name) => ({
    ...container,
    name,
    method: 'recreate',
    downtime: { ms: 2_210, longestGapMs: 2_215, requests: 1_200, failed: 3 },
    proof: { ...proof, vm: { sameProcess: false, uptimeMs: 2_616 } },
    settings: { equal: true, differing: [] },
  })),
  timeline: timeline({ 're-create': 4_890, prove: 438 }),
  instructions: [],
  warnings: ['web-1 leaves the choice of host ports to the engine (-P): they may change.'],
};

/** Nothing was measured. */
function untouched(outcome: 'planned' | 'refused', reasons: readonly Reason[] = []): ContainerReport {
  const { downtime: _, latency: __, proof: ___, ...rest } = container;
  return { ...rest, outcome, method: outcome === 'planned' ? 'recreate' : 'none', reasons, phases: [] };
}

const refused: Report = {
  ...report,
  outcome: 'refused',
  method: 'none',
  reasons: [otherErts],
  containers: [untouched('refused')],
  timeline: [],
  instructions: [],
  message: 'ERTS changed, and `strategy: relup` forbids a restart. Allow one with `strategy: auto`.',
};

const planned: Report = {
  ...report,
  outcome: 'planned',
  method: 'recreate',
  reasons: [
    otherErts,
    ...['kernel', 'stdlib', 'elixir', 'sasl', 'compiler', 'logger', 'crypto', 'ssl', 'mnesia', 'inets'].map((name) =>
      closing('otp-app-changed', name, `${name} changes from 4.2 to 6.2.2.1. It is part of the platform.`),
    ),
  ],
  containers: [
    untouched('planned'),
    { ...untouched('planned', [closing('release-not-writable', '/app', 'The VM cannot write.')]), name: 'kv-2' },
  ],
  timeline: [{ at: 0, ms: 4_120, label: 'plan' }],
};

const rollback: Report = {
  ...hot,
  task: 'rollback',
  from: '0.2.0',
  to: '0.1.0',
  tookBack: { image: 'acme/kv:c0ffee', commit: 'c0ffee' },
  wentTo: { image: 'acme/kv:decaf' },
};

/** As real runs leave them, one for each kind of end. */
export const reports: Readonly<Record<string, Report>> = {
  'a hot deploy': hot,
  'a restart': restart,
  'a deploy that was rolled back': rolledBack,
  'a deploy that was refused': refused,
  'a plan with many reasons': planned,
  'a look at what runs': fleet,
  'a rollback': rollback,
};
