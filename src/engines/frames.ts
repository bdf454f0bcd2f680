import { StringDecoder } from 'node:string_decoder';

const headerBytes = 8;
const stderrMark = 2;

/**
 * Undoes the Engine's framing as it comes in: one byte for the stream, three zeroes, four for the length, then the bytes
 * themselves. Whatever length is told, nothing is kept: each piece is given at once.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function frameReader(give: (bytes: Buffer, of: 'stdout' | 'stderr') => void): (chunk: Buffer) => void {
  const header = Buffer.alloc(headerBytes);
  let known = 0;
  let left = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const taken = Math.min(left, chunk.length - at);
        give(chunk.subarray(at, at + taken), header[0] === stderrMark ? 'stderr' : 'stdout');
        left -= taken;
        at += taken;
      } else {
        header[known] = chunk[at] ?? 0;
        known = (known + 1) % headerBytes;
        at += 1;
        if (known === 0) left = header.readUInt32BE(4);
      }
    }
  };
}

/** Of a line that does not end no more is kept. */
const longestLine = 8_000;
/** The last word of that is not given: it may be half a secret. */
const longestWord = 4_000;

/** Undoes the framing of a stream as it comes in, and gives each line of either output once it is whole. */
export function lineReader(line: (text: string) => void): { read(chunk: Buffer): void; end(): void } {
  const outputs = { stdout: new LineBuffer(line), stderr: new LineBuffer(line) };
  return {
    read: frameReader((bytes, of) => outputs[of].write(bytes)),
    end: () => {
      for (const output of Object.values(outputs)) output.end();
    },
  };
}

class LineBuffer {
  private rest = '';
  /** Of a line that was given in part the rest is dropped. */
  private cut = false;
  // A frame may end amid a letter.
  private readonly decoder = new StringDecoder('utf8');

  constructor(private readonly line: (text: string) => void) {}

  write(bytes: Buffer): void {
    const lines = (this.rest + this.decoder.write(bytes)).split(/[\r\n]/);
    this.rest = lines.pop() ?? '';
    for (const text of lines) this.give(text);
    if (this.cut || this.rest.length > longestLine) {
      const [word = ''] = /\S*$/.exec(this.rest.slice(-longestWord)) ?? [];
      this.give(this.rest.slice(0, this.rest.length - word.length));
      this.rest = '';
      this.cut = true;
    }
  }

  end(): void {
    this.give(this.rest + this.decoder.end());
    this.rest = '';
  }

  private give(text: string): void {
    if (!this.cut && text.trim() !== '') this.line(text.trimEnd());
    this.cut = false;
  }
}
