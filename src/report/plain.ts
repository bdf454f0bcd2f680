// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/**
 * Text from outside on one line. Line ends would start a new row, paragraph or command, escape sequences would drive
 * the terminal, and marks of direction would show a name as another.
 */
export function oneLine(text: string, most = 1_000): string {
  const line = text.toWellFormed().replace(unprintable, ' ').trimEnd();
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line;
}
