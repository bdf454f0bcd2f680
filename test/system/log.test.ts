import { describe, expect, test, vi } from 'vitest';
import { runnerLog } from '../../src/report/runner-log.js';
import { terminalLog } from '../../src/report/terminal-log.js';
import type { Clock } from '../../src/system/log.js';
import { secrets } from '../../src/system/secrets.js';
import { hostileTexts } from '../report/sample.js';

/** Each look at the clock is 1.5 s after the one before. */
function steppingClock(): Clock {
  let now = 0;
  return { now: () => (now += 1_500), date: () => 0, sleep: async () => {} };
}

function printed(options: { isTTY?: boolean; debug?: boolean; environment?: NodeJS.ProcessEnv } = {}) {
  const { isTTY = false, debug = false, environment = {} } = options;
  const lines: string[] = [];
  const log = terminalLog({ isTTY, write: (text) => lines.push(text) }, { clock: steppingClock(), debug, environment });
  return { log, lines };
}

describe('on a terminal', () => {
  test('a group ends with its duration and passes on what the work answers', async () => {
    const { log, lines } = printed();
    expect(await log.group('Build the image', async () => 42)).toBe(42);
    expect(lines).toEqual(['Build the image\n', 'Build the image: 1.5 s\n']);
  });

  test('there are colours for a person, and none in a file or where nobody wants them', () => {
    const one = (options: Parameters<typeof printed>[0]) => {
      const { log, lines } = printed(options);
      log.warning('slow');
      return lines[0];
    };
    expect(one({ isTTY: true })).toBe('\u001b[33mwarning: slow\u001b[39m\n');
    expect(one({ isTTY: false })).toBe('warning: slow\n');
    expect(one({ isTTY: true, environment: { NO_COLOR: '1' } })).toBe('warning: slow\n');
  });

  test('detail is printed only where it is asked for', () => {
    const [quiet, talkative] = [printed(), printed({ debug: true })];
    quiet.log.debug('detail');
    talkative.log.debug('detail');
    expect([quiet.lines, talkative.lines]).toEqual([[], ['detail\n']]);
  });

  test('a secret is never printed again, wherever it stands', () => {
    const { log, lines } = printed();
    secrets.add('hunter2');
    log.info('cookie hunter2, and again: hunter2hunter2');
    expect(lines).toEqual(['cookie ***, and again: ******\n']);
    expect(log.shown('{"cookie":"hunter2"}')).toBe('{"cookie":"***"}');
  });

  test('the output of a build drives no terminal', () => {
    const { log, lines } = printed();
    log.info('\u001b[2Jgone\r\u0007\nsecond\tline');
    expect(lines).toEqual(['gone\nsecond\tline\n']);
  });
});

test.each(hostileTexts)('%j is no command where a step of a job runs the command line', (text) => {
  const { log, lines } = printed({ environment: { GITHUB_ACTIONS: 'true' } });
  log.output(`begin\n${text}`);
  for (const line of [...lines, log.shown(`begin\n${text}`)].join('').split(/[\r\n]/)) {
    expect(line).not.toMatch(/^[\s\u0085]*::/);
    expect(line).not.toContain('##[');
  }
});

describe("in the runner's log", () => {
  async function written(use: (log: ReturnType<typeof runnerLog>) => unknown): Promise<string> {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await use(runnerLog(steppingClock()));
      return write.mock.calls.map(([text]) => String(text)).join('');
    } finally {
      write.mockRestore();
    }
  }

  test('a group folds, and its duration stands below it', async () => {
    const log = await written((each) => each.group('Build', async () => each.info('step')));
    expect(log).toBe('::group::Build\nstep\n::endgroup::\nBuild: 1.5 s\n');
  });

  test('a group that fails is closed all the same', async () => {
    const log = await written((each) => each.group('Build', () => Promise.reject(new Error('no'))).catch(() => {}));
    expect(log).toBe('::group::Build\n::endgroup::\nBuild: 1.5 s\n');
  });

  test('a group in a group is a line, since the runner would end the outer one', async () => {
    const log = await written((each) => each.group('Roll out', () => each.group('kv-1', async () => {})));
    expect(log).toBe('::group::Roll out\nkv-1\nkv-1: 1.5 s\n::endgroup::\nRoll out: 4.5 s\n');
  });

  const blanks = ['\t', '\u00a0', '\u0085', '\u2028', ' \u0085 '].map(
    (blank) => `${blank}::set-output name=outcome::deployed`,
  );
  test.each([...hostileTexts, ...blanks])('%j is no command', async (text) => {
    const log = await written((each) => each.info(`begin\n${text}`));
    // .NET, which reads the log, ends a line at a carriage return too.
    for (const line of log.split(/[\r\n]/)) {
      expect(line).not.toMatch(/^[\s\u0085]*::/);
      expect(line).not.toContain('##[');
    }
  });

  test.each(hostileTexts)('%j is one warning', async (text) => {
    const log = await written((each) => each.warning(text));
    expect(log).toMatch(/^::warning::[^\r\n]*\n$/);
  });
});
