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
