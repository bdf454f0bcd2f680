import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { runCommand } from '../../src/hot-load/rehearsal/command.js';
import { Node } from '../../src/node/node.js';
import { awaitHealth } from '../../src/probe/await-health.js';
import { bootIsolated } from '../../src/release/isolation.js';
import { renderComment } from '../../src/report/comment.js';
import { withTail } from '../../src/report/log-tail.js';
import { renderSummary } from '../../src/report/summary.js';
import { type Log, systemClock } from '../../src/system/log.js';
import { quoted, withoutQuotations } from '../../src/system/quoted.js';
import { isAnything } from '../../src/system/shape.js';
import { report } from '../report/sample.js';

const secret = 'hunter2';
/** A container that prints what it was configured with. */
const engineOf = (state: object): Engine => {
  const config = { Env: [], Healthcheck: { Test: ['CMD', 'check'] } };
  const details = { Id: 'id', Name: '/web-1', State: state, RestartCount: 0, Config: config };
  return {
    startContainer: async () => undefined,
    inspectContainer: async () => details,
    findContainer: async () => details,
    logs: async () => `boot\n“TEXT=${secret}”\n`,
    exec: async () => ({ exitCode: 1, stdout: Buffer.from(`TEXT=${secret}`), stderr: Buffer.alloc(0) }),
  } as unknown as Engine;
};
const ended = { Running: false, ExitCode: 3, Status: 'exited' };
const sick = { Running: true, Health: { Status: 'unhealthy', FailingStreak: 2, Log: [{ Output: `TEXT=${secret}` }] } };
const named = { nodeName: '', named: false, environment: [] };
const vm = { pid: 1, user: '0:0', distribution: { node: 'web@host' }, root: '/app' };
const reach = { engine: engineOf(ended), container: 'web-1', vm };

const sources: Readonly<Record<string, () => Promise<unknown>>> = {
  'the log of a container that ends': () =>
    awaitHealth(engineOf(ended), 'id', { clock: systemClock, timeoutMs: 1_000 }),
  'the output of a HEALTHCHECK': () => awaitHealth(engineOf(sick), 'id', { clock: systemClock, timeoutMs: 1_000 }),
  'the log of a release that does not boot apart': () => bootIsolated(engineOf(ended), 'id', named, '', systemClock),
  'the output of the own smoke test': () => runCommand(engineOf(ended), 'id', '0:0', 'make smoke'),
  'what a node says in place of an answer': () =>
    new Node(reach as never)
      .ask({ set: 'facts', module: 'm', function: 'f', argument: [] } as never, isAnything)
      .catch((error: Error) => error.message),
};

describe.each(Object.entries(sources))('%s', (_, source) => {
  test('stands in the summary and in no comment, nor in the log that one holds', async () => {
    const message = `web-1 went back: ${JSON.stringify(await source()).replaceAll('\\n', '\n')}`;
    expect(message).toContain(secret);
    const [container] = report.containers;
    const reason = { code: 'rehearsal-failed', subject: 'x', message, blocks: ['relup'] } as const;
    const told = {
      ...report,
      message,
      reasons: [reason],
      warnings: [message],
      containers: container ? [{ ...container, message, reasons: [reason] }] : [],
    };
    const log = withTail({ warning: () => undefined } as unknown as Log);
    log.warning(message);
    expect(renderSummary(told)).toContain(secret);
    const comment = renderComment(told, { history: [], log: log.tail() });
    expect(comment).toContain('web-1 went back: ');
    expect(comment).not.toContain(secret);
  });
});

test('what a release command wrote stands in the summary and in no comment', () => {
  const ran = { command: `migrate ${secret}`, container: 'kv-1', ms: 1, output: [`TEXT=${secret}`] };
  const told = { ...report, releaseCommand: { ...ran, outcome: 'failed' } } as const;
  expect(renderSummary(told)).toContain(`TEXT=${secret}`);
  expect(renderComment(told, { history: [] })).not.toContain(secret);
});

test('a quotation ends where it was begun, whatever is in it, and is left out also where it was cut', () => {
  const said = `it failed (${quoted('a ” b “ c')}), and so on`;
  expect(withoutQuotations(said)).toBe('it failed (“…”), and so on');
  expect(withoutQuotations(said.slice(0, 15))).toBe('it failed (“…”');
  expect(withoutQuotations('it failed')).toBe('it failed');
});
