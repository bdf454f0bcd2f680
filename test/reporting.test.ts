import { expect, it } from 'vitest';
import { readInputs } from '../src/inputs.js';
import { systemClock } from '../src/log.js';
import { Refusal } from '../src/refusal.js';
import { type Decided, refusedBy, report } from '../src/reporting.js';

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
} as unknown as Decided;

it('a run that was cancelled before the first container had its turn is never told as a deploy', () => {
  expect(report(decided, [])).toMatchObject({ outcome: 'refused', message: expect.stringContaining('cancelled') });
});

it('a refusal comes with what another program said at its end, where one did', () => {
  const refusal = new Refusal('It was not built.', { output: ['no space left'] });
  expect(refusedBy(decided, refusal)).toMatchObject({ message: 'It was not built.', output: ['no space left'] });
  expect(refusedBy(decided, new Refusal('It was not found.'))).not.toHaveProperty('output');
});
