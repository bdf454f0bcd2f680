/** A word of bash: text that means itself, whatever it holds, or text that bash is to expand. */
export type Word = string | { readonly expanded: string };

/** The word as bash reads it. Nothing a user gave is ever read as anything but text. */
export function quote(word: Word): string {
  if (typeof word !== 'string') return word.expanded;
  if (plain.test(word)) return word;
  const [, flag, value] = /^(--[a-z0-9-]+=)(.*)$/s.exec(word) ?? [];
  return flag === undefined || value === undefined ? quoted(word) : `${flag}${value === '' ? '' : quote(value)}`;
}

const plain = /^[A-Za-z0-9_@%+:,./=-]+$/;

function quoted(text: string): string {
  const whole = text.toWellFormed().replaceAll('\0', '');
  return unseen.test(whole) ? `$'${[...whole].map(escaped).join('')}'` : `'${whole.replaceAll("'", `'\\''`)}'`;
}

// Line breaks, terminal escapes and what turns the direction of writing: a person is to read what is there.
const unseen = /[\p{C}\p{Zl}\p{Zp}]/u;

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  if (character === '\n') return '\\n';
  if (!unseen.test(character)) return character;
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** The words of an array, one a line. */
export function array(name: string, words: readonly Word[]): string {
  return words.length === 0 ? `${name}=()` : [`${name}=(`, ...words.map((word) => `  ${quote(word)}`), ')'].join('\n');
}

/** Text for a comment, which ends with its line. */
export function comment(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}
