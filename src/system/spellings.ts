/** No more of a long text is looked for, letter by letter: what follows it without a blank belongs to it. */
const head = 256;
/** Bytes of a long text that tell it apart where each is written as a number. */
const headBytes = 24;
/** Fewer letters of base64 stand in words by chance. */
const fewestLetters = 5;

/**
 * Patterns for a text as programs write it: as it is, percent-encoded, escaped as in JSON, Elixir, Erlang and HTML, all that also in
 * part and twice; in base64 and base64url at any place within; in hexadecimal; and as the bytes of a list or a binary.
 */
export function spellings(text: string): readonly RegExp[] {
  const bytes = Buffer.from(text);
  const start = bytes.subarray(0, headBytes);
  const isLong = bytes.length > headBytes;
  const letters = [...text];
  const cores = [0, 1, 2].flatMap((offset) => base64(start, offset, isLong) ?? []);
  const numbers = (of: Iterable<number>) => `(?<!\\d)${[...of].join(',\\s*')}${isLong ? '(?:,\\s*\\d+)*' : '(?!\\d)'}`;
  return [
    letters.slice(0, head).map(letter).join('') + (letters.length > head ? '[^\\s"\'<>]*' : ''),
    ...(cores.length === 0 ? [] : [cores.join('|')]),
    `${[...start].map(hex).join('')}${isLong ? '[\\da-fA-F]*' : ''}`,
    numbers(start),
    // A charlist holds code points.
    ...(bytes.length === letters.length ? [] : [numbers(letters.slice(0, headBytes).map(codePoint))]),
  ].map((source) => new RegExp(source, 'gu'));
}

const codePoint = (character: string) => character.codePointAt(0) ?? 0;
const literal = (character: string) => character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
const digits = (value: number, least = 0) =>
  value
    .toString(16)
    .padStart(least, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
const hex = (byte: number) => digits(byte, 2);

/** What a backslash makes of a letter, and what HTML has a name for. */
const short: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\u001b': 'e' };
const entities: Readonly<Record<string, string>> = { '"': 'quot', '&': 'amp', "'": 'apos', '<': 'lt', '>': 'gt' };

/** One character, however it is escaped. */
function letter(character: string): string {
  const code = codePoint(character);
  const percent = [...Buffer.from(character)].map((byte) => `%(?:25)*${hex(byte)}`).join('');
  const units = [...Array(character.length).keys()].map((at) => {
    return `\\\\+u${digits(character.charCodeAt(at), 4)}`;
  });
  const isWord = /[\p{L}\p{N}]/u.test(character);
  // The letter itself comes last: what it is written by may begin with it.
  return `(?:${[
    percent,
    units.join(''),
    `\\\\+x(?:0*${digits(code)}(?![\\da-fA-F])|\\{0*${digits(code)}\\})`,
    `&#(?:0*${code}|[xX]0*${digits(code)});`,
    ...(character === ' ' ? ['\\+'] : []),
    ...(short[character] === undefined ? [] : [`\\\\+${short[character]}`]),
    ...(entities[character] === undefined ? [] : [`&(?:amp;)*${entities[character]};`]),
    character === '\\' ? '\\\\+' : `${isWord ? '' : '\\\\*'}${literal(character)}`,
  ].join('|')})`;
}

/** The letters that are the same whatever stands around, with one more at each end that holds a part. */
function base64(bytes: Buffer, offset: number, isLong: boolean): string | undefined {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const core = whole.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((whole.length * 8) / 6));
  if (core.length < fewestLetters) return undefined;
  const sextet = '(?:[\\w+/-]|%2[bBfF])';
  const either = (one: string) => ({ '+': `(?:${letter('+')}|-)`, '/': `(?:${letter('/')}|_)` })[one] ?? one;
  const rest = isLong ? `${sextet}*` : whole.length % 3 === 0 ? '' : `${sextet}?`;
  return `${offset === 0 ? '' : `${sextet}?`}${[...core].map(either).join('')}${rest}(?:=|%3[dD]){0,2}`;
}
