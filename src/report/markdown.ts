import { oneLine } from './plain.js';
import { type Column, isEmpty, type List, type Section, type Table, type Verbatim } from './section.js';

/**
 * Text from outside, to be read as itself anywhere in GitHub's Markdown. Character references and not backslashes:
 * those mean other things in a table's cell and in code, while a reference is never taken for syntax.
 */
export function escaped(text: string): string {
  return oneLine(text)
    .trim()
    .replace(/[&<>|\\`*[\]~$]/g, reference)
    .replace(/(?<![^\W_])_|_(?![^\W_])/g, reference) // Inside a word it marks nothing.
    .replace(/:(?=\/\/)|@|(?<=(?<![^\W_])www)\./gi, reference) // What would become a link.
    .replace(/(?<=^|\W)&#64;(?=\w)/g, '&#64;&#8203;') // GitHub looks for who is called only after it has read the references.
    .replace(/(?<!&)#(?=\d)|\bGH-(?=\d)/gi, '$&&#8203;') // So it does for issues, also for those of other repositories.
    .replace(/^[-+=#]/, reference) // What would begin a list, a heading or a rule.
    .replace(/^(\d+)([.)])(?=\s|$)/, (_, digits: string, mark: string) => digits + reference(mark));
}

const reference = (character: string) => `&#${character.codePointAt(0)};`;

/** Read letter by letter; as HTML, since a character reference would stand as it is between backquotes. */
export const code = (text: string) => `<code>${escaped(text)}</code>`;

/** What is no address of the web stays text. One that was parsed holds neither the angle brackets that end it nor a space. */
export function link(text: string, url: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol)) return escaped(text);
  return `[${escaped(text)}](<${address.href.replace(/[&\\]/g, reference)}>)`;
}

export function markdown(section: Section): string {
  if (isEmpty(section)) return '';
  const body = bodyOf(section);
  // The blank lines make GitHub read what is inside as Markdown again.
  if (section.detail) return `<details><summary>${escaped(section.title)}</summary>\n\n${body}\n\n</details>`;
  return `### ${escaped(section.title)}\n\n${body}`;
}

function bodyOf(section: Section): string {
  switch (section.kind) {
    case 'table':
      return table(section);
    case 'list':
      return list(section);
    case 'verbatim':
      return verbatim(section);
  }
}

function table({ columns, rows, notes = [] }: Table): string {
  const lines = [
    columns.map(({ title }) => escaped(title)),
    columns.map(({ as }) => (as === 'number' ? '---:' : '---')),
    ...rows.map((cells) => columns.map((column, index) => cell(column, cells[index] ?? ''))),
  ];
  const figures = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return notes.length === 0 ? figures : `${figures}\n\n${notes.map(escaped).join(' ')}`;
}

/** A dash stands for nothing, and nothing has no letters to be read. */
const cell = ({ as }: Column, text: string) =>
  as === 'code' && text !== '–' && text !== '' ? code(text) : escaped(text);

const list = ({ items }: List) => items.map((item) => `- ${escaped(item)}`).join('\n');

export function verbatim({ lines }: Pick<Verbatim, 'lines'>, language = 'text'): string {
  return fenced(lines.map((line) => oneLine(line)).join('\n'), language);
}

/** No line can close a fence that is longer than every run of backquotes. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
