/** An Erlang term to be written as source text, which the agent reads with the runtime's own parser. */
export type Term =
  | { readonly atom: string }
  | { readonly binary: string }
  /** A charlist, as OTP's own functions take file names and versions. */
  | { readonly text: string }
  | { readonly tuple: readonly Term[] }
  | { readonly map: Readonly<Record<string, Term>> }
  /** Source text that the runtime itself printed (`~0tp`), taken as it is. */
  | { readonly source: string }
  | readonly Term[]
  | number
  | boolean;

export const atom = (name: string): Term => ({ atom: name });
export const binary = (text: string): Term => ({ binary: text });
export const text = (characters: string): Term => ({ text: characters });
export const tuple = (...elements: readonly Term[]): Term => ({ tuple: elements });
/** A map whose keys are atoms. */
export const map = (members: Readonly<Record<string, Term>>): Term => ({ map: members });

/** The term as Erlang source in plain ASCII, whatever its strings hold. */
export function write(term: Term): string {
  if (typeof term === 'number' || typeof term === 'boolean') {
    return String(term);
  }
  if (isList(term)) {
    return `[${term.map(write).join(',')}]`;
  }
  if ('atom' in term) {
    return `'${escapeCharacters(term.atom, "'")}'`;
  }
  if ('binary' in term) {
    const bytes = [...Buffer.from(term.binary, 'utf8')].map((byte) => String.fromCharCode(byte)).join('');
    return `<<"${escapeCharacters(bytes, '"')}">>`;
  }
  if ('text' in term) {
    return `"${escapeCharacters(term.text, '"')}"`;
  }
  if ('tuple' in term) {
    return `{${term.tuple.map(write).join(',')}}`;
  }
  if ('source' in term) {
    return term.source;
  }
  const members = Object.entries(term.map).map(([key, value]) => `${write(atom(key))}=>${write(value)}`);
  return `#{${members.join(',')}}`;
}

// Array.isArray does not narrow readonly arrays out of a union.
function isList(term: Term): term is readonly Term[] {
  return Array.isArray(term);
}

// Erlang's scanner refuses the whole expression for a lone surrogate, U+FFFE or U+FFFF: those are replaced.
function escapeCharacters(characters: string, quote: string): string {
  const known = characters.toWellFormed().replace(/[\ufffe\uffff]/g, '\ufffd');
  return known.replace(/[^ -~]|["'\\]/gu, (character) => {
    if (character === quote || character === '\\') {
      return `\\${character}`;
    }
    const code = character.codePointAt(0) ?? 0;
    return code >= 32 && code < 127 ? character : `\\x{${code.toString(16)}}`;
  });
}
