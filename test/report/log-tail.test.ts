import { expect, test } from 'vitest';
import { withTail } from '../../src/report/log-tail.js';
import type { Log } from '../../src/system/log.js';
import { secrets } from '../../src/system/secrets.js';

const said: string[] = [];
const inner: Log = {
  info: (line) => void said.push(line),
  output: (line) => void said.push(line),
  warning: (line) => void said.push(line),
  debug: (line) => void said.push(line),
  group: (_, work) => work(),
};

test('a log keeps its own last lines, and none of what other programs said', async () => {
  const log = withTail(inner);
  expect(
    await log.group('Provide the image', async () => {
      log.output('TOKEN=hunter2');
      log.debug('detail');
      log.info('built');
      log.warning('slow');
      return 7;
    }),
  ).toBe(7);
  expect(log.tail()).toEqual(['Provide the image', 'built', 'warning: slow']);
  expect(said).toEqual(['TOKEN=hunter2', 'detail', 'built', 'slow']);
});

test('a hundred of them, each as long as one reads', () => {
  const log = withTail(inner);
  for (let line = 0; line < 250; line++) log.info(`${line}`);
  log.info('x'.repeat(5_000));
  expect(log.tail()).toHaveLength(100);
  expect(log.tail().slice(-2)).toEqual(['249', 'x'.repeat(300)]);
});

test('what is masked later is masked, also where a line is cut within it', () => {
  const log = withTail(inner);
  const secret = 'correct-horse-battery';
  log.info(`cookie ${secret}`);
  log.info(`${'x'.repeat(290)}${secret}`);
  secrets.add(secret);
  expect(log.tail()).toEqual(['cookie ***', `${'x'.repeat(290)}***`]);
});
