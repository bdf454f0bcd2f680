import { secrets } from './secrets.js';

/**
 * Words of another program within a sentence: of long ones the end. Nobody knows what is in them, and no comment shows them, so they
 * are marked from the place on where they come in.
 */
export const quoted = (words: string, most = Number.POSITIVE_INFINITY): string =>
  `“${foreign(words).replace(/[“”]/g, '"').trim().slice(-most)}”`;

/** The sentence alone. One that was cut within a quotation has no mark at its end. */
export const withoutQuotations = (text: string): string => text.replace(/“[^“”]*(”|$)/g, '“…”');

/**
 * What another program wrote, as it may be shown: without secrets, without what drives a terminal, and no command to a runner. Before
 * anything of it is cut off: half a secret is found by nobody.
 */
export const foreign = (text: string): string => harmless(secrets.maskedOutput(plain(text)));

// What would drive the terminal, with its parameters: a secret in two colours is one all the same.
const sequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Lines and tabs stay: the output of a build has them. A carriage return ends a line: what comes after would be printed over it. */
export const plain = (text: string): string =>
  text.replace(sequence, '').replace(unprintable, '').replace(/\r\n?/g, '\n');

/**
 * Text that the runner only prints. It takes every line that begins with `::`, and every one with `##[` anywhere, for a
 * command, and a lone carriage return ends a line for it too. What it takes for blanks before are those of .NET, where U+0085 is
 * one: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function harmless(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map((line) => line.replace(/^[\s\u0085]*(?=::)/, '$&\u200b').replaceAll('##[', '##\u200b['))
    .join('\n');
}
