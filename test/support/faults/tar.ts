/** A file in a tar archive. */
export interface Entry {
  readonly name: string;
  readonly content: Buffer;
}

const block = 512;

/** The files at the beginning of an archive, as far as these bytes go: one that is cut off is left out. */
export function entries(archive: Buffer): readonly Entry[] {
  const found: Entry[] = [];
  for (let at = 0; at + block <= archive.length; ) {
    const header = archive.subarray(at, at + block);
    if (header[0] === 0) break;
    const size = Number.parseInt(text(header, 124, 12), 8) || 0;
    const content = archive.subarray(at + block, at + block + size);
    const isFile = header[156] === 0 || header[156] === 0x30;
    if (isFile && content.length === size) found.push({ name: nameIn(header), content });
    at += block + Math.ceil(size / block) * block;
  }
  return found;
}

function nameIn(header: Buffer): string {
  const prefix = text(header, 345, 155);
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString();
}

/** An archive of one file. */
export function archiveOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * block)]);
}
