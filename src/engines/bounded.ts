import { addAbortSignal, type Readable } from 'node:stream';

/** There is more of an answer than is taken of it. */
export class LongAnswer extends Error {
  override readonly name = 'LongAnswer';
  constructor(most: number) {
    super(`the answer is longer than the ${spelled(most)} that are taken of it`);
  }
}

function spelled(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KiB` : `${Math.ceil(bytes / 1_048_576)} MiB`;
}

const blockBytes = 262_144;

/** Keeps what comes in, and never more of it than it may, in blocks: a byte may come alone. */
export class Kept {
  private readonly blocks: Buffer[] = [];
  private length = 0;
  /** How much of the last block is taken. */
  private taken = blockBytes;

  constructor(
    private readonly most: number,
    /** Whether what comes beyond it is an error, or goes in the place of the oldest. */
    private readonly beyond: 'refused' | 'replaces' = 'refused',
  ) {}

  /** @throws LongAnswer */
  add(chunk: Buffer): void {
    if (this.beyond === 'refused' && this.length + chunk.length > this.most) throw new LongAnswer(this.most);
    for (let at = 0; at < chunk.length; ) {
      if (this.taken === blockBytes) {
        this.blocks.push(Buffer.allocUnsafe(blockBytes));
        this.taken = 0;
      }
      const copied = chunk.copy(this.blocks.at(-1) as Buffer, this.taken, at);
      this.taken += copied;
      this.length += copied;
      at += copied;
    }
    while (this.beyond === 'replaces' && this.length - blockBytes >= this.most) {
      this.blocks.shift();
      this.length -= blockBytes;
    }
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.blocks, this.length);
    return this.beyond === 'replaces' ? all.subarray(Math.max(0, all.length - this.most)) : all;
  }
}

/**
 * Gives each piece of a stream, and closes it as soon as it is aborted or `take` fails.
 *
 * @throws whatever `take` throws
 */
export async function readEach(stream: Readable, signal: AbortSignal, take: (chunk: Buffer) => void): Promise<void> {
  for await (const chunk of addAbortSignal(signal, stream)) take(chunk as Buffer);
}

/** @throws LongAnswer */
export async function readAll(stream: Readable, signal: AbortSignal, most: number): Promise<Buffer> {
  const kept = new Kept(most);
  await readEach(stream, signal, (chunk) => kept.add(chunk));
  return kept.bytes();
}
