import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderTerminal } from '../../src/report/terminal.js';
import { hostileTexts, report, rolledBack, withText } from './sample.js';

test('a hot deploy on a terminal', async () => {
  await expect(renderTerminal(report)).toMatchFileSnapshot('golden/deployed.txt');
});

test('a restart that was rolled back on a terminal', async () => {
  await expect(renderTerminal(rolledBack)).toMatchFileSnapshot('golden/rolled-back.txt');
});

test('text from outside drives no terminal and starts no line', () => {
  const lines = (text: string) => renderTerminal(withText(text)).split('\n').length;
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostileTexts)), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(renderTerminal(withText(text))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      expect(lines(text)).toBe(lines('text'));
    }),
  );
});
