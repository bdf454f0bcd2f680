import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { actionInputs } from '../../src/config/action-inputs.js';
import { readCommandLine } from '../../src/config/command-line.js';
import { readInputs } from '../../src/config/read-inputs.js';
import type { Engine } from '../../src/engines/engine.js';
import { lineReader } from '../../src/engines/frames.js';
import { githubApi } from '../../src/github/api.js';
import { runCommand } from '../../src/hot-load/rehearsal/command.js';
import { Node } from '../../src/node/node.js';
import { awaitHealth } from '../../src/probe/await-health.js';
import { learnFrom } from '../../src/release/facts.js';
import { explain } from '../../src/report/cause.js';
import { withTail } from '../../src/report/log-tail.js';
import { runnerLog } from '../../src/report/runner-log.js';
import { terminalLog } from '../../src/report/terminal-log.js';
import type { GithubRun } from '../../src/source/run.js';
import type { Clock } from '../../src/system/log.js';
import { messageOf } from '../../src/system/message-of.js';
import { foreign, quoted } from '../../src/system/quoted.js';
import { runProgram } from '../../src/system/run-program.js';
import { secrets } from '../../src/system/secrets.js';
import { isText } from '../../src/system/shape.js';
import { container } from '../engines/created.js';
import { hostileEngine, json } from './hostile.js';

const cookie = 'ZKQWJXVYBNPLMHGT';
const value = 'good morning, dear visitor';

beforeAll(() => {
  secrets.add(cookie);
  secrets.learn([`GREETING=${value}`], 'all');
});
afterEach(() => vi.restoreAllMocks());

let now = 0;
const clock: Clock = {
  now: () => now,
  date: () => now,
  sleep: async (ms) => {
    now += ms;
  },
};

describe('what another program wrote', () => {
  it.each([
    ['::add-mask::x', '\u200b::add-mask::x'],
    ['  ::set-output name=outcome::deployed', '  \u200b::set-output name=outcome::deployed'],
    ['built\r::error::pwned', 'built\n\u200b::error::pwned'],
    ['\u001b[32m::stop-commands::x', '\u200b::stop-commands::x'],
    ['a ##[error]pwned', 'a ##\u200b[error]pwned'],
    ['#\u0007#[group]x', '##\u200b[group]x'],
  ])('%j is no command to a runner', (said, shown) => expect(foreign(said)).toBe(shown));

  it.each(['\u001b[1mK\u001b[0m', '\u001b]8;;http://x\u0007K\u001b]8;;\u0007', '\u001bcK', 'K\u0000', '\u009b1mK'])(
    'hides no secret behind %j, which drives a terminal',
    (letter) => {
      const said = cookie.replace('K', letter);
      expect(foreign(`cookie ${said}!`)).toBe('cookie ***!');
    },
  );

  it('is masked before it is cut, so that no half of a secret is left', () => {
    for (let most = 1; most < 40; most++)
      expect(quoted(`said ${cookie} and ${value}`, most)).not.toMatch(/[A-Z]{4}|visitor/);
    expect(quoted(`${cookie} “${value}”`)).toBe('“*** "***"”');
  });
});

describe('a secret is not shown in whatever pieces output arrives:', () => {
  const frame = (bytes: Buffer) => {
    const head = Buffer.alloc(8);
    head[0] = 1;
    head.writeUInt32BE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  };
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
  const pieces = (bytes: Buffer, sizes: readonly number[]) => {
    const all: Buffer[] = [];
    for (let at = 0, nth = 0; at < bytes.length; nth++) {
      const size = sizes[nth % sizes.length] ?? 1;
      all.push(bytes.subarray(at, at + size));
      at += size;
    }
    return all;
  };
  const shown = (bytes: Buffer, frames: readonly number[], chunks: readonly number[]) => {
    const lines: string[] = [];
    const reader = lineReader((line) => lines.push(foreign(line)));
    for (const chunk of pieces(Buffer.concat(pieces(bytes, frames).map(frame)), chunks)) reader.read(chunk);
    reader.end();
    return lines.join('\n');
  };

  test('frames and chunks of the engine', () => {
    const said = Buffer.from(
      `grün ${cookie}\nand ${value}\r${cookie.toLowerCase()} ${Buffer.from(cookie).toString('base64')}`,
    );
    fc.assert(
      fc.property(lengths, lengths, (frames, chunks) => {
        expect(shown(said, frames, chunks)).toBe(`grün ***\nand ***\n${cookie.toLowerCase()} ***`);
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  test('a line that never ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7_950, max: 8_050 }), fc.integer({ min: 1, max: 900 }), (length, chunk) => {
        const line = `${'x '.repeat(length / 2)}${cookie} ${value} ${cookie} ${'y'.repeat(9_000)}`;
        expect(shown(Buffer.from(line), [chunk], [16_000])).not.toMatch(/[A-Z]{4}/);
      }),
      { seed: 3, numRuns: 30 },
    );
  });

  test('a program that is run here', async () => {
    const script = `printf 'token '; printf ${cookie.slice(0, 5)}; sleep 0.1; echo ${cookie.slice(5)}; echo '::error::x' >&2`;
    const { lines, stdout } = await runProgram('sh', ['-c', script], { environment: process.env });
    expect([...lines].sort()).toEqual(['token ***', '\u200b::error::x']);
    expect(stdout).toEqual([`token ${cookie}`]);
  });
});

describe('a secret that a container tells is not in', () => {
  const said = `${'x'.repeat(480)} ${cookie}\n::error::${value} \u001b[31m${cookie.slice(0, 8)}\u001b[0m${cookie.slice(8)}`;
  const exec = async () => ({ exitCode: 3, stdout: Buffer.from(said), stderr: Buffer.from('') });
  const isClean = (text: string | undefined) => {
    expect(text).toContain('***');
    expect(text).not.toMatch(/ZKQWJ|PLMHGT|visitor|\[31m|^::/m);
  };

  it('the end of its log', async () => {
    const ended = { ...container({}), State: { Running: false, ExitCode: 1 } };
    const engine = { inspectContainer: async () => ended, findContainer: async () => ended, logs: async () => said };
    const health = await awaitHealth(engine as unknown as Engine, 'id', { clock, timeoutMs: 1 });
    isClean(health.kind === 'failed' ? health.why : '');
  });

  it('what its HEALTHCHECK said, also where the Engine has cut that off', async () => {
    const output = `${'word '.repeat(817)}ZKQWJXVYBNPL...`;
    const sick = {
      ...container({ config: { Healthcheck: { Test: ['CMD', 'check'] } } }),
      State: { Running: true, Health: { Status: 'unhealthy', FailingStreak: 3, Log: [{ Output: output }] } },
      RestartCount: 0,
    };
    const engine = {
      inspectContainer: async () => sick,
      findContainer: async () => sick,
      logs: async () => said,
      exec,
    };
    const health = await awaitHealth(engine as unknown as Engine, 'id', { clock, timeoutMs: 1 });
    isClean(health.kind === 'failed' ? health.why : '');
  });

  it('what the smoke test said', async () =>
    isClean(await runCommand({ exec } as unknown as Engine, 'id', '0:0', 'test')));

  it('what the node said in place of an answer', async () => {
    const vm = { pid: '1', user: '0:0', bin: '/bin', root: '/app', args: [] };
    const request = { set: 'node', module: 'm', function: 'f', argument: [] } as const;
    const asked = new Node({ engine: { exec } as unknown as Engine, container: 'id', vm }).ask(request, isText);
    isClean(await asked.then(String, messageOf));
  });

  it('an error, and what it was caused by', () => {
    isClean(explain(new Error('broken', { cause: new Error(`wrong cookie ${cookie}`) })));
    isClean(messageOf(new Error(`cannot reach http://me:hunter2@host with ${cookie}`)));
    expect(messageOf(new Error('http://me:hunter2@host'))).toBe('http://me:***@host');
  });
});

describe('the log', () => {
  const everyWay = async (log: ReturnType<typeof runnerLog>) => {
    log.info(`info ${cookie}`);
    log.warning(`warning ${cookie}`);
    log.debug(`debug ${cookie}`);
    log.output(`output ${cookie} ${value} PASSWORD=abc`);
    await log.group(`group ${cookie}`, () => log.group(`inner ${cookie}`, async () => undefined));
  };

  it('of a terminal has no secret in any line, nor has what is kept of its end', async () => {
    const written: string[] = [];
    const terminal = { write: (line: string) => written.push(line) };
    const log = withTail(terminalLog(terminal, { clock, debug: true, environment: {} }));
    await everyWay(log);
    log.info('later ABCDEFGHIJ');
    secrets.add('ABCDEFGHIJ');
    expect([...written.slice(0, -1), ...log.tail()].join('\n')).not.toMatch(/[A-Z]{9}|visitor|abc/);
  });

  it("of GitHub's runner has none either", async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await everyWay(runnerLog(clock));
    const written = write.mock.calls.map(([line]) => String(line)).join('');
    write.mockRestore();
    expect(written.match(/\*\*\*/g)?.length).toBeGreaterThan(6);
    expect(written).not.toMatch(/[A-Z]{9}|visitor|abc/);
  });
});

it('a report leaves the run without what the run was given as a secret, and words of its own stay', async () => {
  const given = (name: string) =>
    ({
      mode: 'plan',
      containers: 'web',
      image: 'shop:1',
      cookie: 'KJHGFDSAPOIUYT',
      'rehearse-env': 'TOKEN=planned\nDB_PASSWORD=QWERTZUIOPAS',
    })[name];
  const world = {
    log: runnerLog(clock),
    clock,
    connect: async () => ({}) as Engine,
    environment: { API_KEY: 'YXCVBNMASDFG' },
  };
  const signal = new AbortController().signal;
  const warnings = ['KJHGFDSAPOIUYT, QWERTZUIOPAS and YXCVBNMASDFG'];
  const commands = '../../src/commands/commands.js';
  vi.doMock(commands, () => ({ runCommand: async () => ({ outcome: 'planned', warnings }) }));
  vi.resetModules();
  const { withGithub } = await import('../../src/commands/with-github.js');
  vi.doUnmock(commands);
  const { report } = await withGithub(readInputs(given, {}), { ...world, signal });
  expect(report).toEqual({ outcome: 'planned', warnings: ['***, *** and ***'] });
});

it('no request to GitHub holds a secret', async () => {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    heard.push(await text(request));
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const run = { apiUrl: `http://127.0.0.1:${port}`, owner: 'o', repository: 'r' } as unknown as GithubRun;
  try {
    const api = githubApi(run, 'ghs_token', clock);
    await api.post('/issues/1/comments', { body: `it said ${cookie}`, deep: [{ url: 'https://me:hunter2@host/' }] });
    expect(heard).toEqual(['{"body":"it said ***","deep":[{"url":"https://me:***@host/"}]}']);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

describe('a mistake in the inputs shows no value:', () => {
  const mistakes = (given: Readonly<Record<string, string>>) => {
    const environment = Object.fromEntries(
      Object.entries(given).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]),
    );
    const { given: read, mistakes: before } = actionInputs({
      INPUT_CONTAINERS: 'web',
      INPUT_IMAGE: 'shop:1',
      ...environment,
    });
    try {
      readInputs(read, {}, before);
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it.each([
    ['rehearse-env', 'DB-PASSWORD=hunter2', '"DB-PASSWORD=…"'],
    ['rehearse-env', 'KEY=-----BEGIN\nMIIEvQhunter2', 'a line without `=`'],
    ['build-args', '--secret=hunter2', '"--secret=…"'],
    ['cookie', 'hun\thunter2', 'not of one line'],
  ])('`%s`', (name, given, shown) => {
    expect(mistakes({ [name]: given })).toContain(`\`${name}\` is ${shown}`);
    expect(mistakes({ [name]: given })).not.toContain('hunter2');
  });

  it('an option that is mistyped', () => {
    const read = readCommandLine(['deploy', '--cokie=hunter2', '--github-tokn', 'hunter2']);
    expect(JSON.stringify(read)).toContain('--cokie=…');
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });
});

it('what a node says of its secrets is known from there on, save what is public', () => {
  const told = { secrets: ['octochat', 'signing-salt-7', 'ecto://me:db-pass-word@db/shop'] };
  learnFrom(told, [{ name: 'octochat' }]);
  expect(foreign('octochat has signing-salt-7 and db-pass-word')).toBe('octochat has *** and ***');
});

it('whatever container or image the engine is asked about, its environment is known from there on', async () => {
  const id = 'a'.repeat(64);
  const env = (...entries: readonly string[]) => ({ Image: 'sha256:0', Hostname: 'web', Env: entries });
  const date = '2026-01-01T00:00:00Z';
  const flags = { Running: true, Paused: false, Restarting: false, OOMKilled: false, Dead: false };
  const details = {
    ...{ Id: id, Name: '/web', Image: 'sha256:1', Created: date, RestartCount: 0, HostConfig: {}, NetworkSettings: {} },
    ...{ State: { Status: 'running', ExitCode: 0, StartedAt: date, FinishedAt: date, ...flags } },
    Config: env('SIGNING_SALT=pepper-and-salt', 'PORT=4000', 'MOTTO=slow and steady', 'COOKIE=acme-cookie-jar'),
  };
  const { engine, close } = await hostileEngine({
    'GET /containers/': json(details),
    'GET /images/': json({
      Id: 'sha256:1',
      RepoTags: ['acme-cookie-jar:1'],
      Config: env('API_KEY=of-the-image'),
      RootFS: {},
    }),
    'POST /containers/create': json({ Id: 'b'.repeat(64) }),
  });
  const said = 'of-the-image pepper-and-salt 4000 acme-cookie-jar of-the-new-one';
  try {
    expect(foreign(said)).toBe(said);
    await engine.findImage('acme-cookie-jar:1');
    await engine.findContainer(id);
    await engine.createContainer('new', { Image: 'x', Env: ['TOKEN=of-the-new-one'] });
    expect(messageOf(new Error(said))).toBe('*** *** 4000 acme-cookie-jar ***');
    expect([messageOf('slow and steady'), foreign('slow and steady')]).toEqual(['slow and steady', '***']);
  } finally {
    await close();
  }
});
