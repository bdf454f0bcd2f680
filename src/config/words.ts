import { kind } from './kind.js';

// Quoted text, an escaped character, or anything that is no blank.
const part = /'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\]/g;
/** What a shell would act on: outside of quotes; the first two also within double ones. */
const shell = /[$`]|[&|;<>\n]/;

/** A command as `docker run IMAGE` takes it: words, with the quotes of a shell and nothing else of one. */
export const words = kind<readonly string[]>(
  'the words of a command, such as `bin/migrate` or `bin/app eval "App.Release.migrate()"`; to use a shell, name it: `sh -c \'bin/migrate && bin/seed\'`',
  (text) => split(text.trim()),
);

/** Undefined where a quote stays open, or where only a shell could carry the text out. */
function split(text: string): readonly string[] | undefined {
  const found: string[] = [];
  for (const word of text.split(/((?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\])+)/)) {
    if (word.trim() === '') {
      if (word.includes('\n')) return undefined;
      continue;
    }
    const parts = word.match(part) ?? [];
    if (parts.join('') !== word || parts.some(isForShell)) return undefined;
    found.push(parts.map(unquoted).join(''));
  }
  const [first] = found;
  return first === undefined || first === '' || /^[A-Za-z_]\w*=/.test(first) || text.includes('\0') ? undefined : found;
}

function isForShell(text: string): boolean {
  if (text.startsWith("'") || text.startsWith('\\')) return false;
  return text.startsWith('"') ? /[$`]/.test(text.replace(/\\[\s\S]/g, '')) : shell.test(text);
}

function unquoted(text: string): string {
  switch (text[0]) {
    case "'":
      return text.slice(1, -1);
    case '"':
      return text.slice(1, -1).replace(/\\([$`"\\])/g, '$1');
    case '\\':
      return text.slice(1);
    default:
      return text;
  }
}
