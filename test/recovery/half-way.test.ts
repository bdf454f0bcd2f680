import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Entry, Step } from '../../src/journal/entry.js';
import { byRun } from '../../src/recovery/interrupted.js';

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
  return { name, entries, restarting, old: false, ...(last && !['done', 'undone'].includes(last.step) && { last }) };
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

  describe('without a record', () => {
    const on = (image: string, one: ReturnType<typeof container>) => ({
      ...one,
      container: { Image: image } as ContainerDetails,
    });
    const unwritten = (name: string, restarting: boolean) => container(name, '', [], restarting);

    it('goes on where another of the fleet is final on the same image: nothing could be written in either', () => {
      const done = on('sha256:2', unwritten('web-1', false));
      expect(directions([done, on('sha256:2', unwritten('web-2', true))])).toEqual([['finish', 'web-2']]);
    });

    it.each<[string, readonly Step[], boolean]>([
      ['had begun to settle', ['stop', 'settle'], true],
      ['is final', ['stop', 'settle', 'done'], false],
    ])('goes on where another that %s says so of the run that both were of', (_, steps, restarting) => {
      const told = directions([
        on('sha256:2', container('web-1', 'a', steps, restarting)),
        on('sha256:2', unwritten('web-2', true)),
      ]);
      expect(told).toContainEqual(['finish', 'web-2']);
      expect(told.flat()).not.toContain('undo');
    });

    it.each<[string, string, ReturnType<typeof container>]>([
      ['was not final yet', 'sha256:2', container('web-1', 'a', ['stop'], true)],
      ['had not had its turn', 'sha256:1', unwritten('web-1', false)],
      ['is half-way itself', 'sha256:2', unwritten('web-1', true)],
    ])('goes back where the other %s', (_, image, other) => {
      expect(directions([on(image, other), on('sha256:2', unwritten('web-2', true))]).flat()).not.toContain('finish');
    });

    it.each<[string, ReturnType<typeof container>]>([
      ['nothing could be written in', unwritten('web-1', false)],
      ['an earlier deploy had put there', container('web-1', 'a', ['stop', 'settle', 'done'])],
    ])('goes back where its old container has the name, as another does that %s', (_, other) => {
      const begun = { ...on('sha256:2', unwritten('web-2', true)), old: true };
      expect(directions([on('sha256:2', other), begun])).toEqual([['undo', 'web-2']]);
    });

    it('goes back where what another says is of an earlier deploy', () => {
      const before = on('sha256:2', container('web-1', 'a', ['stop', 'settle', 'done']));
      expect(directions([before, on('sha256:3', unwritten('web-2', true))])).toEqual([['undo', 'web-2']]);
    });
  });
});
