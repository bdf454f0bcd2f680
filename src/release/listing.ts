import { isUtf8 } from 'node:buffer';

// sha256sum puts a backslash first where it had to escape one, or a line break, in the name.
const file = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s;
const link = /^l\S+(?: +\d+){4} +\S+ +\S+ +\S+ (.+?) -> (.+)$/s;

/**
 * Reads what `sha256sum` printed of files, and `ls -ldn` of symbolic links in the C locale: name to digest, and to
 * `-> TARGET` for a link. Everything else is left out.
 */
export function readListing(stdout: Buffer): ReadonlyMap<string, string> {
  const lines = stdout.toString('latin1').split('\n').map(decoded);
  return new Map(
    lines.flatMap((line): readonly (readonly [string, string])[] => {
      const [, escaped, digest, name] = file.exec(line) ?? [];
      if (digest !== undefined && name !== undefined) {
        return [[escaped ? unescaped(name) : name, digest]];
      }
      const [, from, to] = link.exec(line) ?? [];
      return from === undefined ? [] : [[from, `-> ${to}`]];
    }),
  );
}

export function isLink(digest: string | undefined): boolean {
  return digest?.startsWith('-> ') === true;
}

/** Names are bytes: what is no UTF-8 is told apart as Latin-1. */
function decoded(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}

function unescaped(name: string): string {
  return name.replace(/\\([nr\\])/g, (_, character: string) => ({ n: '\n', r: '\r' })[character] ?? '\\');
}
