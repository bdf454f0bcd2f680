import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demultiplex, interleaved } from '../../src/docker/demultiplex.js';

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
