import { createHash } from 'node:crypto';
import { extract, type Header, pack } from 'tar-stream';
import { messageOf } from '../system/message-of.js';

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

/** A path in an archive that would leave the place it is unpacked in, an entry that is no plain file, or what is no archive. */
export class UnsafeArchive extends Error {
  override readonly name = 'UnsafeArchive';
}

/** More than any release has: what it takes to look at each is bounded, whatever an archive holds. */
const mostEntries = 50_000;
/** A hard link takes as much as its file wherever it is unpacked. */
const mostBytes = 1_073_741_824;

/**
 * All entries, in the archive's order. Devices and paths that climb out are refused, or passed over. A hard link becomes a file
 * of its own with what the entry before it holds.
 *
 * @throws UnsafeArchive
 */
export async function unpack(tar: Buffer, odd: 'refused' | 'passed over' = 'refused'): Promise<readonly Entry[]> {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  for await (const { header, data } of raw(tar)) {
    const entry = plain(header, data, entries);
    if (entry === undefined && odd === 'passed over') continue;
    if (entry === undefined) {
      const kind = header.type ?? 'nameless kind';
      throw new UnsafeArchive(`The archive holds ${JSON.stringify(header.name)}, a ${kind}.`);
    }
    bytes += entry.data.length;
    if (entries.size === mostEntries || bytes > mostBytes) throw new UnsafeArchive('The archive holds too much.');
    entries.set(entries.has(entry.path) ? `${entry.path}\0${entries.size}` : entry.path, entry);
  }
  return [...entries.values()];
}

async function* raw(tar: Buffer): AsyncGenerator<{ readonly header: Header; readonly data: Buffer }> {
  const stream = extract();
  stream.end(tar);
  try {
    for await (const entry of stream) {
      const chunks: Buffer[] = [];
      // Of what is no file tar-stream does not always tell an end.
      if (isFile(entry.header)) for await (const chunk of entry) chunks.push(chunk as Buffer);
      const [first = Buffer.alloc(0), ...more] = chunks;
      yield { header: entry.header, data: more.length === 0 ? first : Buffer.concat(chunks) };
    }
  } catch (cause) {
    throw new UnsafeArchive(`The archive is damaged: ${messageOf(cause)}.`, { cause });
  }
}

const isFile = ({ type }: Header) => type === 'file' || type === 'contiguous-file';

/** Undefined if it is of a kind that is no file of a release. */
function plain(header: Header, data: Buffer, before: ReadonlyMap<string, Entry>): Entry | undefined {
  const path = below(header.name);
  if (path.split('/').includes('..')) {
    throw new UnsafeArchive(`The archive holds the path ${JSON.stringify(header.name)}, which leads out of it.`);
  }
  const { mode = 0o644 } = header;
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>;
  const [uid, gid] = [Number(pax['uid'] ?? header.uid ?? 0), Number(pax['gid'] ?? header.gid ?? 0)];
  const time = header.mtime !== undefined && header.mtime.getTime() > 0 ? { mtime: header.mtime } : {};
  const told = { path, mode, uid, gid, ...time };
  const same = header.type === 'link' ? before.get(below(header.linkname ?? '')) : undefined;
  if (isFile(header) || same?.type === 'file') return { ...told, type: 'file', data: same?.data ?? data };
  if (header.type === 'directory') return { ...told, type: 'directory', data };
  return header.type === 'symlink' ? { ...told, type: 'symlink', data, link: header.linkname ?? '' } : undefined;
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

/** A plain file's entry. */
export function file(path: string, content: string | Buffer): Entry {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, data: Buffer.from(content) };
}
