import { expect, it } from 'vitest';
import { judgeStartEffects } from '../../../src/hot-load/rehearsal/start-effects.js';

it.each([
  [['text'], ['text'], 'it keeps the old value of text.'],
  [['alarm'], [], 'it lacks alarm.'],
  [['alarm', 'text'], ['log', 'text'], 'it lacks alarm, and it still has log, and it keeps the old value of text.'],
])('says of a table without %j and with %j that %s', (missing, left, words) => {
  const effects = [{ table: 'cache', missing, left }];

  expect(judgeStartEffects({ effects, kept: [], skipped: [] })).toMatchObject([
    { code: 'start-effects-missing', message: expect.stringContaining(`cache is not as after a cold boot: ${words}`) },
  ]);
});
