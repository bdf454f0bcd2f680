import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engines/engine.js';
import { runReleaseCommand } from '../../../src/strategies/recreate/release-command.js';
import type { Log } from '../../../src/system/log.js';
import { secrets } from '../../../src/system/secrets.js';
import { container, image } from '../../engines/created.js';

const state = { Status: 'exited', ExitCode: 0, OOMKilled: false };
const old = image({ Entrypoint: ['tini', '--'] });
const web = container({ config: { Env: ['TOKEN=hunter2hunter2', 'KEY=first-line\nsecond-line'] } }, old);

interface Course {
  readonly states?: readonly (object | Error | undefined)[];
  readonly lines?: readonly string[];
  readonly start?: Error;
  readonly create?: Error;
  /** Looks after which the run is cancelled. */
  readonly cancelAfter?: number;
}

/** An engine on which the command goes this way; the last state stays. */
async function run({ states = [state], lines = [], start, create, cancelAfter = Infinity }: Course) {
  const calls: string[] = [];
  const shown: string[] = [];
  const controller = new AbortController();
  let [looks, now] = [0, 0];
  const engine = {
    findContainer: async (id: string) => {
      if (id !== 'id') return undefined;
      looks += 1;
      if (looks > cancelAfter) controller.abort();
      const at = states[Math.min(looks, states.length) - 1];
      if (at instanceof Error) throw at;
      return at && { State: at };
    },
    createContainer: async () => {
      calls.push('create');
      if (create) throw create;
      return 'id';
    },
    inspectContainer: async () => ({ Image: image({}, 'new').Id }),
    startContainer: async () => {
      calls.push('start');
      if (start) throw start;
    },
    followLogs: async (_: string, line: (text: string) => void) => lines.forEach(line),
    stopContainer: async (_: string, seconds: number) => void calls.push(`stop ${seconds}`),
    removeContainer: async () => void calls.push('remove'),
    connectNetwork: async () => undefined,
    disconnectNetwork: async () => undefined,
  } as unknown as Engine;
  const log = {
    ...{ info: () => undefined, warning: () => undefined, debug: () => undefined },
    output: (line: string) => void shown.push(line),
  } as unknown as Log;
  const clock = {
    now: () => now,
    date: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const what = { command: ['bin/migrate'], timeoutMs: 1_000, container: web, oldImage: old, image: image({}, 'new') };
  const result = await runReleaseCommand({ engine, clock, log, signal: controller.signal }, what);
  return { result, calls, shown };
}

test('succeeds with exit code 0, and its container is removed', async () => {
  const { result, calls } = await run({ states: [{ Status: 'running' }, state] });
  expect(result).toMatchObject({
    report: { outcome: 'succeeded', exitCode: 0, command: 'bin/migrate', container: 'web' },
  });
  expect(result).not.toHaveProperty('failure');
  expect(calls).toEqual(['create', 'start', 'remove']);
});

test('shows what it writes, and keeps the end, without values of the environment', async () => {
  secrets.learn(web.Config.Env, 'all');
  const lines = [
    ...Array.from({ length: 30 }, (_, at) => `line ${at}`),
    'TOKEN is hunter2hunter2',
    'KEY is second-line!',
  ];
  const { result, shown } = await run({ lines });
  expect(shown.slice(-2)).toEqual(['TOKEN is ***', 'KEY is ***!']);
  expect(shown).toHaveLength(32);
  expect(result.report.output).toEqual(shown.slice(-20));
});

describe('does not succeed, says why, and its container is removed,', () => {
  test.each<[string, Course, string, RegExp, readonly string[]]>([
    ['with another exit code', { states: [{ ...state, ExitCode: 3 }] }, 'failed', /exit code 3\.$/, ['remove']],
    [
      'out of memory',
      { states: [{ ...state, ExitCode: 137, OOMKilled: true }] },
      'failed',
      /ran out of memory/,
      ['remove'],
    ],
    ['where it was not found', { states: [{ ...state, ExitCode: 127 }] }, 'failed', /not found.*“tini --”/, ['remove']],
    ['over its time', { states: [{ Status: 'running' }] }, 'timed-out', /within 1 s/, ['stop 10', 'remove']],
    ['cancelled', { states: [{ Status: 'running' }], cancelAfter: 2 }, 'cancelled', /cancelled/, ['stop 3', 'remove']],
    ['removed by somebody', { states: [{ Status: 'running' }, undefined] }, 'failed', /Somebody removed/, ['remove']],
    [
      'on an engine that answers no more',
      { states: [new Error('it is gone')] },
      'failed',
      /not known: it is gone/,
      ['remove'],
    ],
  ])('%s', async (_, course, outcome, why, after) => {
    const { result, calls } = await run(course);
    expect(result.report.outcome).toBe(outcome);
    expect(result.failure).toMatch(why);
    expect(calls).toEqual(['create', 'start', ...after]);
  });

  test('and not by one answer that the engine owes', async () => {
    const { result } = await run({ states: [new Error('busy'), { Status: 'running' }, new Error('busy'), state] });
    expect(result.report.outcome).toBe('succeeded');
  });

  test('where it cannot be started: nothing has run', async () => {
    const { result, calls } = await run({ start: new Error('exec: "bin/migrate": no such file') });
    expect(result).toMatchObject({
      report: { outcome: 'not-started' },
      failure: expect.stringMatching(/no such file\. .*WORKDIR/),
    });
    expect(calls).toEqual(['create', 'start', 'remove']);
    const { calls: none } = await run({ create: new Error('no such network') });
    expect(none).toEqual(['create']);
  });
});
