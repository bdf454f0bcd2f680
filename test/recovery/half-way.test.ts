import { describe, expect, it } from 'vitest';
import type { Entry, Step } from '../../src/ledger/entry.js';
import { byRun } from '../../src/recovery/half-way.js';

const entry = (run: string, step: Step): Entry => ({
  schema: 1,
  at: '2026-01-01T00:00:00.000Z',
  run,
  task: 'deploy',
  way: 'relup',
  step,
  container: 'web',
  from: { version: '1', image: 'sha256:1' },
  to: { version: '2', image: 'sha256:2' },
  fleet: ['web-1', 'web-2'],
  environment: 'production',
  by: 'somebody',
});

const container = (name: string, run: string, steps: readonly Step[], restarting = false) => {
  const entries = steps.map((step) => entry(run, step));
  const last = entries.at(-1);
  return { name, entries, restarting, ...(last && !['done', 'undone'].includes(last.step) && { last }) };
};

const directions = (looked: Parameters<typeof byRun>[0]) =>
  byRun(looked).map(({ direction, containers }) => [direction, ...containers.map(({ name }) => name)]);

describe('what a run that was cut off has left', () => {
  it('goes back on all of its containers where none had begun to settle', () => {
    expect(directions([container('web-1', 'a', ['stage', 'switch']), container('web-2', 'a', ['stage'])])).toEqual([
      ['undo', 'web-1', 'web-2'],
    ]);
  });

  it('goes on to its end on all of them as soon as one had: the fleet never runs two versions', () => {
    expect(
      directions([
        container('web-1', 'a', ['stage', 'switch', 'settle']),
        container('web-2', 'a', ['stage', 'switch']),
      ]),
    ).toEqual([['finish', 'web-1', 'web-2']]);
    expect(
      directions([
        container('web-1', 'a', ['stage', 'switch', 'settle', 'done']),
        container('web-2', 'a', ['stage', 'switch', 'settle']),
      ]),
    ).toEqual([['finish', 'web-2']]);
  });

  it('is nothing where all runs have ended', () => {
    expect(byRun([container('web-1', 'a', ['stage', 'undone']), container('web-2', 'b', ['stop', 'done'])])).toEqual(
      [],
    );
  });

  it('is told apart by its run', () => {
    expect(directions([container('web-1', 'a', ['settle']), container('web-2', 'b', ['stop'])])).toEqual([
      ['finish', 'web-1'],
      ['undo', 'web-2'],
    ]);
  });

  it('is known by names alone where nothing could be written down', () => {
    expect(byRun([container('web-1', 'a', [], true)])).toEqual([
      { direction: 'undo', containers: [{ name: 'web-1' }] },
    ]);
  });
});
