import { expect, it } from 'vitest';
import { readInputs } from '../src/inputs.js';
import { systemClock } from '../src/log.js';
import { type Decided, report } from '../src/reporting.js';

it('a run that was cancelled before the first container had its turn is never told as a deploy', () => {
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
  expect(report(decided, [])).toMatchObject({ outcome: 'refused', message: expect.stringContaining('cancelled') });
});
