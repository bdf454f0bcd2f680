import { type Difference, type Drift, tally } from '../../src/deployment/drift.js';
import type { ContainerReport, Report } from '../../src/deployment/report.js';
import { container, report } from './sample.js';

const [old, current] = ['sha256:0123456789abcdef0123', 'sha256:4567890abcdef4567890'];
export const inVm = { after: '2026-01-01T12:00:00.000Z', event: 'the VM started' };

export const equal: Drift = {
  state: 'equal',
  madeFrom: { id: old, names: [], present: true },
  meant: { id: current, names: ['acme/kv:live'], reference: 'acme/kv:live', version: '0.2.0' },
  runs: { name: 'kv', version: '0.2.0', node: 'kv@host', otp: '25' },
  restart: { boots: '0.2.0', same: true },
  renewal: { same: true },
  history: [
    { at: '2026-01-01T11:59:58.000Z', what: 'the container was made' },
    { at: '2026-01-01T12:00:00.000Z', what: 'the VM started' },
    { at: '2026-01-02T02:00:00.000Z', what: '0.2.0 was loaded hot' },
  ],
  differences: [],
  notCompared: [],
};

const modules = Array.from({ length: 11 }, (_, at) => `Elixir.KV.Shard${at}`);
export const differing: Drift = {
  ...equal,
  state: 'differs',
  restart: { boots: '0.1.0', same: false },
  renewal: { same: false },
  differences: [
    {
      kind: 'restart',
      subject: '0.2.0',
      message: 'runs and was never made permanent: a restart of the container boots 0.1.0',
      since: { at: '2026-01-02T02:00:00.000Z' },
    },
    ...modules.map(
      (subject): Difference => ({
        kind: 'module',
        subject,
        message: 'runs other code than the image holds',
        since: { by: '2026-01-02T01:00:00.000Z', event: 'acme/kv:live was last tagged' },
      }),
    ),
    {
      kind: 'setting',
      subject: 'kv:token',
      message: 'was set at run time, and is not configured: a restart drops it',
      since: inVm,
    },
    { kind: 'process', subject: 'kv_worker <0.99.0>', message: 'is still in old code of kv_store' },
  ],
  notCompared: ['the supervision tree: it did not boot in a container of its own'],
};

const { runs: _, restart: __, renewal: ___, ...unknown } = equal;
export const unread: Drift = { ...unknown, state: 'unread', madeFrom: { id: old, names: [], present: false } };

const { from: ____, to: _____, bundle: ______, ...rest } = report;
const { downtime: _1, latency: _2, proof: _3, from: _4, to: _5, ...plain } = container;

export function row(name: string, drift: Drift, message?: string): ContainerReport {
  return { ...plain, name, method: 'none', phases: [], outcome: 'planned', drift, ...(message && { message }) };
}

export function looked(...containers: readonly ContainerReport[]): Report {
  return {
    ...rest,
    outcome: containers.every(({ drift }) => drift?.state === 'equal') ? 'unchanged' : 'planned',
    method: 'none',
    reasons: [],
    timeline: [],
    instructions: [],
    image: { reference: 'acme/kv:live', id: current },
    status: tally(containers.flatMap(({ drift }) => drift ?? [])),
    containers,
  };
}

/** One of it drifted, and one is stopped. */
export const fleet = looked(row('kv-1', equal), row('kv-2', differing), row('kv-3', unread, 'kv-3 is exited.'));
