import { createHash } from 'node:crypto';
import { extract, type Header, pack } from 'tar-stream';

/** One entry of a tar archive. */
export interface Entry {
  /** Without leading `./` and trailing slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly link?: string;
  readonly data: Buffer;
}

/** A path in an archive that would leave the place it is unpacked in, or an entry that is no plain file. */
export class UnsafeArchive extends Error {
  override readonly name = 'UnsafeArchive';
}

/** All entries, in the archive's order. Devices, hard links and paths that climb out are refused. */
export async function unpack(tar: Buffer): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const stream = extract();
  stream.end(tar);
  for await (const entry of stream) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) {
      chunks.push(chunk as Buffer);
    }
    entries.push(plain(entry.header, Buffer.concat(chunks)));
  }
  return entries;
}

function plain(header: Header, data: Buffer): Entry {
  const path = header.name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  if (path.split('/').includes('..')) {
    throw new UnsafeArchive(`The archive holds the path ${JSON.stringify(header.name)}, which leads out of it.`);
  }
  const { mode = 0o644, uid = 0, gid = 0 } = header;
  switch (header.type) {
    case 'file':
    case 'contiguous-file':
      return { path, type: 'file', mode, uid, gid, data };
    case 'directory':
      return { path, type: 'directory', mode, uid, gid, data };
    case 'symlink':
      return { path, type: 'symlink', mode, uid, gid, data, link: header.linkname ?? '' };
    default:
      throw new UnsafeArchive(`The archive holds ${JSON.stringify(header.name)}, a ${header.type ?? 'nameless kind'}.`);
  }
}

/** The same bytes for the same entries: times are left at zero. */
export async function packEntries(entries: readonly Entry[]): Promise<Buffer> {
  const stream = pack();
  for (const { path, type, mode, uid, gid, link, data } of entries) {
    const header: Partial<Header> & { name: string } = { name: path, type, mode, uid, gid, mtime: new Date(0) };
    if (link !== undefined) {
      header.linkname = link;
    }
    if (type === 'file') {
      stream.entry(header, data);
    } else {
      stream.entry(header);
    }
  }
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}
