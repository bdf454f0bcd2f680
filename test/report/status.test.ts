import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Difference, type Drift, tally } from '../../src/drift/drift.js';
import type { ContainerReport, Report } from '../../src/report/report.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { verdict } from '../../src/report/verdict.js';
import { container, hostileTexts, report } from './sample.js';

const [old, current] = ['sha256:0123456789abcdef0123', 'sha256:4567890abcdef4567890'];
const inVm = { after: '2026-01-01T12:00:00.000Z', event: 'the VM started' };

const equal: Drift = {
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
const differing: Drift = {
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
const unread: Drift = { ...unknown, state: 'unread', madeFrom: { id: old, names: [], present: false } };

const { from: ____, to: _____, bundle: ______, ...rest } = report;
const { downtime: _1, latency: _2, proof: _3, from: _4, to: _5, ...plain } = container;

function row(name: string, drift: Drift, message?: string): ContainerReport {
  return { ...plain, name, method: 'none', phases: [], outcome: 'planned', drift, ...(message && { message }) };
}

function looked(...containers: readonly ContainerReport[]): Report {
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

const fleet = looked(row('kv-1', equal), row('kv-2', differing), row('kv-3', unread, 'kv-3 is exited.'));

test('the summary of a fleet of which one drifted and one is stopped', async () => {
  await expect(renderSummary(fleet)).toMatchFileSnapshot('golden/status.md');
});

test('the same on a terminal', async () => {
  await expect(renderTerminal(fleet)).toMatchFileSnapshot('golden/status.txt');
});

test.each<[string, Report]>([
  ['kv-1 runs exactly what a cold boot of acme/kv:live would.', looked(row('kv-1', equal))],
  [
    'All 2 containers run exactly what a cold boot of acme/kv:live would.',
    looked(row('kv-1', equal), row('kv-2', equal)),
  ],
  ['kv-2 differs from acme/kv:live.', looked(row('kv-2', differing))],
  ['kv-3 could not be asked what it runs.', looked(row('kv-3', unread))],
  ['None of 2 containers could be asked what it runs.', looked(row('kv-3', unread), row('kv-4', unread))],
  [
    'kv-2 could not be compared in full with acme/kv:live, and no difference was found.',
    looked(row('kv-2', { ...equal, state: 'unclear' })),
  ],
  [
    'Of 4 containers 2 differ from acme/kv:live, 1 runs exactly what a cold boot of acme/kv:live would, 1 could not be compared in full.',
    looked(
      row('kv-1', differing),
      row('kv-2', differing),
      row('kv-3', equal),
      row('kv-4', { ...equal, state: 'unclear' }),
    ),
  ],
  ['Nothing was compared.', { ...looked(), outcome: 'refused', message: 'No container has the name kv.' }],
])('%s', (sentence, given) => {
  expect(verdict(given)).toBe(sentence);
});

test('drift catches the eye, and its absence is good news', () => {
  expect(renderSummary(fleet)).toMatch(/^⚠️ /);
  expect(renderSummary(looked(row('kv-1', equal)))).toMatch(/^✅ /);
});

test('names from outside drive no terminal and break no line', () => {
  const lines = (text: string) => {
    const hostile: Drift = {
      ...differing,
      differences: [{ kind: 'setting', subject: text, message: text, since: { ...inVm, event: text } }],
      notCompared: [text],
      history: [{ at: '2026-01-01T12:00:00.000Z', what: text }],
    };
    return renderTerminal(looked(row(text, hostile, text)));
  };
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostileTexts)), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(lines(text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      expect(lines(`a${text}`).split('\n').length).toBe(lines('text').split('\n').length);
    }),
  );
});
