const notice = '\n\n_Cut here: the rest is in the report file._\n';

interface Open {
  /** The mark that closes the fence which is open. */
  readonly fence?: string;
  readonly folds: number;
}

/**
 * Markdown of at most `most` bytes of UTF-8. A text that is too long ends at a paragraph, with its fence and folds
 * closed: GitHub drops a summary that is too long as a whole, and an open fence would swallow what comes after.
 */
export function cut(markdown: string, most: number): string {
  if (Buffer.byteLength(markdown) <= most) return markdown;
  const kept: string[] = [];
  let size = Buffer.byteLength(notice);
  let open: Open = { folds: 0 };
  let end = '';
  for (const paragraph of markdown.split('\n\n')) {
    const next = paragraph.split('\n').reduce(read, open);
    size += Buffer.byteLength(paragraph) + '\n\n'.length;
    if (size + closing(next).length > most) break;
    kept.push(paragraph);
    open = next;
    end = closing(next);
  }
  return kept.join('\n\n') + end + notice;
}

function read(open: Open, line: string): Open {
  if (open.fence !== undefined) return line === open.fence ? { folds: open.folds } : open;
  const fence = /^`{3,}/.exec(line)?.[0];
  const folds = open.folds + Number(line.startsWith('<details>')) - Number(line.startsWith('</details>'));
  return fence === undefined ? { folds } : { fence, folds };
}

function closing({ fence, folds }: Open): string {
  return (fence === undefined ? '' : `\n${fence}`) + '\n\n</details>'.repeat(Math.max(0, folds));
}
