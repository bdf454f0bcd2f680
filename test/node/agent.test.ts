import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unreadable } from '../../src/engines/call.js';
import { AgentError, answer as answerOf } from '../../src/node/agent.js';
import { isAnything } from '../../src/system/shape.js';

const answer = (stdout: string) => answerOf(stdout, isAnything);

// As the agent prints it: on a line of its own, whatever was printed before.
const said = (value: unknown) => `\nhot-deploy-answer ${JSON.stringify(value)}\n`;

function refused(stdout: string): AgentError {
  try {
    answer(stdout);
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error('It was taken for an answer.');
}

describe("the agent's answer", () => {
  it.each([{ version: '1.0.0' }, [], 'text', 7, false, null])('is %j, as it was said', (value) => {
    expect(answer(said({ ok: value }))).toEqual(value);
  });

  it('is found among whatever else is printed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.jsonValue(),
        (before, after, value) => {
          const json = JSON.parse(JSON.stringify(value));
          expect(answer(`${before}${said({ ok: json })}${after}`)).toEqual(json);
        },
      ),
    );
  });

  it('is no word about answers in a log', () => {
    const line = '12:00 [info] the hot-deploy-answer {"ok":1} was late';
    expect(answer(`${line}\n`)).toBeUndefined();
    expect(answer(`${line}${said({ ok: 2 })}`)).toBe(2);
  });

  it.each(['', '\n', 'init terminating in do_boot\n'])('is missing from %j', (stdout) => {
    expect(answer(stdout)).toBeUndefined();
  });

  it('is missing wherever it was cut off', () => {
    const whole = said({ ok: { modules: ['kv'] } });
    for (let length = 0; length < whole.length; length++) {
      expect(answer(whole.slice(0, length)), whole.slice(0, length)).toBeUndefined();
    }
  });
});

describe('what the agent refuses', () => {
  it('is an error with its code, in its own words', () => {
    const error = refused(`noise${said({ error: 'relup_failed', detail: 'No release upgrade script entry' })}`);
    expect(error).toMatchObject({
      name: 'AgentError',
      code: 'relup_failed',
      message: 'No release upgrade script entry',
    });
  });

  it.each([{ oops: 1 }, { error: 1, detail: 'x' }, null, 7])(
    'is %j in no way: that is no answer of the agent',
    (value) => {
      expect(() => answer(said(value))).toThrow(Unreadable);
    },
  );
});
