import { StringDecoder } from 'node:string_decoder';

/** What a container or an exec without a terminal wrote, told apart. */
export interface Streams {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const headerBytes = 8;
const stderrMark = 2;

/**
 * Undoes the Engine's framing: one byte for the stream, three zeroes, four for the length, then the bytes themselves. What
 * was cut off in the middle is kept as far as it came.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function demultiplex(framed: Buffer): Streams {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  for (let at = 0; at + headerBytes <= framed.length; ) {
    const start = at + headerBytes;
    const end = start + framed.readUInt32BE(at + 4);
    (framed[at] === stderrMark ? stderr : stdout).push(framed.subarray(start, end));
    at = end;
  }
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
}

/** Both streams in the order in which they were written. */
export function interleaved(framed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + headerBytes <= framed.length; ) {
    const end = at + headerBytes + framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + headerBytes, end));
    at = end;
  }
  return Buffer.concat(parts);
}

const longestLine = 4_000;

/** Undoes the framing of a stream as it comes in, and gives each line of either output once it is whole. */
export function lineReader(line: (text: string) => void): { read(chunk: Buffer): void; end(): void } {
  let framed: Buffer = Buffer.alloc(0);
  const outputs = [new LineBuffer(line), new LineBuffer(line)] as const;
  return {
    read: (chunk) => {
      framed = Buffer.concat([framed, chunk]);
      while (framed.length >= headerBytes) {
        const end = headerBytes + framed.readUInt32BE(4);
        if (framed.length < end) break;
        outputs[framed[0] === stderrMark ? 1 : 0].write(framed.subarray(headerBytes, end));
        framed = framed.subarray(end);
      }
    },
    end: () => {
      for (const output of outputs) output.end();
    },
  };
}

class LineBuffer {
  private rest = '';
  // A frame may end amid a letter.
  private readonly decoder = new StringDecoder('utf8');

  constructor(private readonly line: (text: string) => void) {}

  write(bytes: Buffer): void {
    const lines = (this.rest + this.decoder.write(bytes)).split(/[\r\n]/);
    this.rest = lines.pop() ?? '';
    for (const text of lines) this.give(text);
    // Of what never ends a line no more is kept than anybody reads.
    if (this.rest.length > longestLine) {
      this.give(this.rest);
      this.rest = '';
    }
  }

  end(): void {
    this.give(this.rest + this.decoder.end());
    this.rest = '';
  }

  private give(text: string): void {
    if (text.trim() !== '') this.line(text.trimEnd().slice(0, longestLine));
  }
}
