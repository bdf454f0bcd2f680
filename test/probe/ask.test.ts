import { describe, expect, it } from 'vitest';
import type { Engine, ExecCommand } from '../../src/engines/engine.js';
import type { Answer } from '../../src/probe/answer.js';
import { askFor } from '../../src/probe/ask.js';
import type { ResolvedProbe } from '../../src/probe/resolve.js';
import { systemClock } from '../../src/system/log.js';

/** Just the calls that a probe makes. */
function answerOf(target: ResolvedProbe, calls: Partial<Engine>): Promise<Answer> {
  const ask = askFor(target, { clock: systemClock, timeoutMs: 2000, engine: calls as Engine });
  return new Promise((resolve) => ask(resolve));
}

const exec = { kind: 'exec', container: 'chat-1', command: 'curl -f localhost && true' } as const;
const docker = { kind: 'docker', container: 'chat-1' } as const;

describe('a command in the container', () => {
  it("is the user's own, given to the container's shell, and given up in time", async () => {
    const commands: [string, ExecCommand][] = [];
    const answer = await answerOf(exec, {
      exec: async (container, command) => {
        commands.push([container, command]);
        return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      },
    });
    expect(answer).toEqual({ answered: true });
    expect(commands).toEqual([
      ['chat-1', { argv: ['sh', '-c', 'curl -f localhost && true'], timeoutMs: 2000, last: 0 }],
    ]);
  });

  it.each([1, 7, 126, 137])('has failed when it exits with %d', async (exitCode) => {
    const result = { exitCode, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    expect(await answerOf(exec, { exec: async () => result })).toEqual({
      answered: false,
      failure: `exit code ${exitCode}`,
    });
  });

  it('has failed when it could not be run', async () => {
    const refused = () => Promise.reject(new Error('container chat-1 is not running'));
    expect(await answerOf(exec, { exec: refused })).toEqual({
      answered: false,
      failure: 'container chat-1 is not running',
    });
  });
});

describe("the engine's health check", () => {
  const state = (Status: string, Running: boolean, health?: string) =>
    ({ State: { Status, Running, ...(health === undefined ? {} : { Health: { Status: health } }) } }) as never;

  it.each([
    ['healthy', state('running', true, 'healthy'), { answered: true }],
    ['starting', state('running', true, 'starting'), { answered: false, failure: 'starting' }],
    ['unhealthy', state('running', true, 'unhealthy'), { answered: false, failure: 'unhealthy' }],
    ['stopped while it was healthy', state('exited', false, 'healthy'), { answered: false, failure: 'exited' }],
    ['paused while it was healthy', state('paused', true, 'healthy'), { answered: false, failure: 'paused' }],
    ['running without a check', state('running', true), { answered: true }],
    ['running with its check switched off', state('running', true, 'none'), { answered: true }],
    ['restarting without a check', state('restarting', true), { answered: false, failure: 'restarting' }],
    ['gone', undefined, { answered: false, failure: 'no container' }],
  ])('tells a container that is %s', async (_, details, answer) => {
    expect(await answerOf(docker, { findContainer: async () => details })).toEqual(answer);
  });

  it('has failed when the engine does not answer', async () => {
    const gone = () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
    expect(await answerOf(docker, { findContainer: gone })).toEqual({ answered: false, failure: 'ECONNREFUSED' });
  });
});

describe('a question to the engine', () => {
  it('needs one', () => {
    expect(() => askFor(docker, { clock: systemClock, timeoutMs: 1000 })).toThrow(
      'a probe of kind docker asks through an engine, and none was given',
    );
  });
});
