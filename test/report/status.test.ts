import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Drift } from '../../src/deployment/drift.js';
import type { Report } from '../../src/deployment/report.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { verdict } from '../../src/report/verdict.js';
import { hostileTexts } from './sample.js';
import { differing, equal, fleet, inVm, looked, row, unread } from './status-sample.js';

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
