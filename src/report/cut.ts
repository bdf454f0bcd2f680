const notice = '\n\n_Cut here: the rest is in the report file._\n';

interface Open {
  /** The mark that closes the fence which is open. */
  readonly fence?: string;
  readonly folds: number;
}

/**
 * Markdown of at most `most` bytes of UTF-8. A text that is too long ends at a paragraph, a table, a list or a fenced text
 * also within, with its fence and folds closed: GitHub drops a summary that is too long as a whole, and an open fence would
 * swallow what comes after.
 */
export function cut(markdown: string, most: number): string {
  if (Buffer.byteLength(markdown) <= most) return markdown;
  const room = most - Buffer.byteLength(notice);
  const kept: string[] = [];
  let size = 0;
  let open: Open = { folds: 0 };
  /** Whether it still fits, and is kept then. */
  const keep = (text: string, separator: string): boolean => {
    const next = text.split('\n').reduce(read, open);
    const more = Buffer.byteLength(separator) + Buffer.byteLength(text);
    if (size + more + closing(next).length > room) return false;
    kept.push(separator, text);
    size += more;
    open = next;
    return true;
  };
  for (const paragraph of markdown.split('\n\n')) {
    const before = kept.length === 0 ? '' : '\n\n';
    if (keep(paragraph, before)) continue;
    const lines = paragraph.split('\n');
    // Below its first two lines a table is none, and a line of a list or of what is fenced stands for itself.
    const [head, rest] = lines[0]?.startsWith('|')
      ? [lines.slice(0, 3).join('\n'), lines.slice(3)]
      : [lines[0] ?? '', lines.slice(1)];
    if (isDivisible(lines, open) && keep(head, before)) for (const line of rest) if (!keep(line, '\n')) break;
    break;
  }
  return kept.join('') + closing(open) + notice;
}

const isDivisible = (lines: readonly string[], { fence }: Open) =>
  fence !== undefined || /^`{3,}/.test(lines[0] ?? '') || lines.every((line) => /^(\||- )/.test(line));

function read(open: Open, line: string): Open {
  if (open.fence !== undefined) return line === open.fence ? { folds: open.folds } : open;
  const fence = /^`{3,}/.exec(line)?.[0];
  const folds = open.folds + Number(line.startsWith('<details>')) - Number(line.startsWith('</details>'));
  return fence === undefined ? { folds } : { fence, folds };
}

function closing({ fence, folds }: Open): string {
  return (fence === undefined ? '' : `\n${fence}`) + '\n\n</details>'.repeat(Math.max(0, folds));
}
