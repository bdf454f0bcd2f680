import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameReader, lineReader } from '../../src/engines/frames.js';

const chunk = fc.record({
  error: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
});

function framed({ error, bytes }: { error: boolean; bytes: Buffer }): Buffer {
  const header = Buffer.alloc(8);
  header[0] = error ? 2 : 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

function read(all: Buffer, size: number) {
  const read = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), both: Buffer.alloc(0) };
  const give = frameReader((bytes, of) => {
    read[of] = Buffer.concat([read[of], bytes]);
    read.both = Buffer.concat([read.both, bytes]);
  });
  for (let at = 0; at < all.length; at += size) give(all.subarray(at, at + size));
  return read;
}

describe('what the engine framed', () => {
  it('comes apart as it was written, in its order, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(chunk), fc.integer({ min: 1, max: 90 }), (chunks, size) => {
        const bytesOf = (some: typeof chunks) => Buffer.concat(some.map(({ bytes }) => bytes));
        expect(read(Buffer.concat(chunks.map(framed)), size)).toEqual({
          stdout: bytesOf(chunks.filter(({ error }) => !error)),
          stderr: bytesOf(chunks.filter(({ error }) => error)),
          both: bytesOf(chunks),
        });
      }),
    );
  });

  it('and cut off, as far as it came', () => {
    const whole = framed({ error: false, bytes: Buffer.from('whole') });
    const cut = framed({ error: true, bytes: Buffer.from('broken') }).subarray(0, 11);
    expect(read(Buffer.concat([whole, cut]), 99).both.toString()).toBe('wholebro');
    expect(read(Buffer.concat([whole, cut.subarray(0, 5)]), 99).both.toString()).toBe('whole');
  });
});

describe('what is read as it comes', () => {
  const linesOf = (framedText: Buffer, size: number): readonly string[] => {
    const lines: string[] = [];
    const reader = lineReader((line) => lines.push(line));
    for (let at = 0; at < framedText.length; at += size) reader.read(framedText.subarray(at, at + size));
    reader.end();
    return lines;
  };
  const frames = (...texts: readonly (readonly [boolean, string | Buffer])[]) =>
    Buffer.concat(texts.map(([error, text]) => framed({ error, bytes: Buffer.from(text) })));

  it.each([1, 3, 7, 1_000])('is whole lines, in pieces of %d bytes', (size) => {
    const half = Buffer.from('grün');
    const all = frames(
      ...[[false, '== Running 1\nadd '] as const, [true, 'warn\r\n'] as const, [false, half.subarray(0, 3)] as const],
      ...[[false, half.subarray(3)] as const, [false, '\n\n10 %\r20 %\rdone'] as const],
    );
    expect(linesOf(all, size)).toEqual(['== Running 1', 'warn', 'add grün', '10 %', '20 %', 'done']);
  });

  it('is cut where a line does not end, between two words', () => {
    const [first, ...more] = linesOf(frames([false, 'word '.repeat(2_000)], [false, 'w'], [false, 'ord\nnext\n']), 500);
    expect([first?.length, more]).toEqual([8_489, ['next']]);
    expect(linesOf(frames([false, 'x'.repeat(9_000)]), 500).map(({ length }) => length)).toEqual([4_492]);
  });
});
