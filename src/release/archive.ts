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
  /** Absent where it is the beginning of time. */
  readonly mtime?: Date;
  readonly data: Buffer;
}

/** A path in an archive that would leave the place it is unpacked in, or an entry that is no plain file. */
export class UnsafeArchive extends Error {
  override readonly name = 'UnsafeArchive';
}

/**
 * All entries, in the archive's order. Devices and paths that climb out are refused. A hard link becomes a file of its
 * own with what the entry before it holds.
 */
export async function unpack(tar: Buffer): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const stream = extract();
  stream.end(tar);
  for await (const entry of stream) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) {
      chunks.push(chunk as Buffer);
    }
    entries.push(plain(entry.header, Buffer.concat(chunks), entries));
  }
  return entries;
}

function plain(header: Header, data: Buffer, before: readonly Entry[]): Entry {
  const path = below(header.name);
  if (path.split('/').includes('..')) {
    throw new UnsafeArchive(`The archive holds the path ${JSON.stringify(header.name)}, which leads out of it.`);
  }
  const { mode = 0o644 } = header;
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>;
  const [uid, gid] = [Number(pax['uid'] ?? header.uid ?? 0), Number(pax['gid'] ?? header.gid ?? 0)];
  const same = header.type === 'link' ? before.find((entry) => entry.path === below(header.linkname ?? '')) : undefined;
  const time = header.mtime !== undefined && header.mtime.getTime() > 0 ? { mtime: header.mtime } : {};
  if (same?.type === 'file') {
    return { path, type: 'file', mode, uid, gid, ...time, data: same.data };
  }
  switch (header.type) {
    case 'file':
    case 'contiguous-file':
      return { path, type: 'file', mode, uid, gid, ...time, data };
    case 'directory':
      return { path, type: 'directory', mode, uid, gid, ...time, data };
    case 'symlink':
      return { path, type: 'symlink', mode, uid, gid, ...time, data, link: header.linkname ?? '' };
    default:
      throw new UnsafeArchive(`The archive holds ${JSON.stringify(header.name)}, a ${header.type ?? 'nameless kind'}.`);
  }
}

function below(name: string): string {
  return name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}

// tar-stream has six octal digits for whom a file belongs to, and writes this for all who are above. As a record of
// their own they have as many digits as they need.
const widest = 0o777777;

/**
 * The same bytes for the same entries. What has a time of modification keeps it: a web server makes the ETag of a static file
 * from it, and a file that came hot has the one that it has after a cold boot.
 */
export async function packEntries(entries: readonly Entry[]): Promise<Buffer> {
  const stream = pack();
  for (const { path, type, mode, uid, gid, link, mtime = new Date(0), data } of entries) {
    const header: Partial<Header> & { name: string } = { name: path, type, mode, uid, gid, mtime };
    if (link !== undefined) {
      header.linkname = link;
    }
    if (Math.max(uid, gid) > widest) {
      header.pax = { uid: String(uid), gid: String(gid) };
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
