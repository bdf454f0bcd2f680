import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demultiplex, interleaved, lineReader } from '../../src/engines/demultiplex.js';

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

describe('what the engine framed', () => {
  it('comes apart as it was written, in its order', () => {
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const all = Buffer.concat(chunks.map(framed));
        const of = (error: boolean) =>
          Buffer.concat(chunks.filter((one) => one.error === error).map((one) => one.bytes));
        expect(demultiplex(all)).toEqual({ stdout: of(false), stderr: of(true) });
        expect(interleaved(all)).toEqual(Buffer.concat(chunks.map((one) => one.bytes)));
      }),
    );
  });

  it('and cut off, as far as it came', () => {
    const whole = framed({ error: false, bytes: Buffer.from('whole') });
    const cut = framed({ error: true, bytes: Buffer.from('broken') }).subarray(0, 11);
    expect(demultiplex(Buffer.concat([whole, cut]))).toEqual({
      stdout: Buffer.from('whole'),
      stderr: Buffer.from('bro'),
    });
    expect(demultiplex(Buffer.concat([whole, cut.subarray(0, 5)])).stderr).toEqual(Buffer.alloc(0));
  });
});

describe('what is read as it comes', () => {
  const read = (framedText: Buffer, size: number): readonly string[] => {
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
    expect(read(all, size)).toEqual(['== Running 1', 'warn', 'add grün', '10 %', '20 %', 'done']);
  });

  it('is cut where a line does not end', () => {
    expect(read(frames([false, 'x'.repeat(9_000)]), 500).map(({ length }) => length)).toEqual([4_000]);
    expect(read(frames([false, 'x'.repeat(5_000)], [false, 'y\n']), 500)).toHaveLength(2);
  });
});
