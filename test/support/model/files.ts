import { posix } from 'node:path';
import { type Entry, packEntries, unpack } from '../../../src/release/archive.js';

/** What lies on a disk, by absolute path. */
export type Files = Map<string, Omit<Entry, 'path'>>;

/** Folders, and files with their content; the folders above come along. */
export function filesOf(content: Readonly<Record<string, string>>, date: number): Files {
  const files: Files = new Map();
  for (const [path, text] of Object.entries(content)) {
    addFolders(files, path.endsWith('/') ? path : posix.dirname(path), date);
    if (!path.endsWith('/')) files.set(path, { ...owned(date), type: 'file', mode: 0o644, data: Buffer.from(text) });
  }
  return files;
}

const owned = (date: number) => ({ uid: 0, gid: 0, mtime: new Date(date) });

function addFolders(files: Files, path: string, date: number): void {
  for (let at = posix.resolve(path); at !== '/'; at = posix.dirname(at)) {
    if (!files.has(at)) files.set(at, { ...owned(date), type: 'directory', mode: 0o755, data: Buffer.alloc(0) });
  }
}

const block = 512;
const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
const padded = (bytes: number) => Math.ceil(bytes / block) * block;

/** A tar archive of plain entries, at once: of thousands most are of one file. Undefined where one is not so plain. */
function packPlain(entries: readonly Entry[]): Buffer | undefined {
  const parts: Buffer[] = [];
  for (const { path, type, mode, uid, gid, mtime = new Date(0), data } of entries) {
    const name = type === 'directory' ? `${path}/` : path;
    if (type === 'symlink' || !/^[ -~]{1,99}$/.test(name) || Math.max(uid, gid) > 0o777777) return undefined;
    const header = Buffer.alloc(block);
    header.write(name);
    header.write(octal(mode & 0o7777, 6), 100);
    header.write(octal(uid, 6), 108);
    header.write(octal(gid, 6), 116);
    header.write(octal(data.length, 11), 124);
    header.write(octal(Math.floor(mtime.getTime() / 1_000), 11), 136);
    header.write(`        ${type === 'directory' ? '5' : '0'}`, 148);
    header.write('ustar\u000000', 257);
    header.write(octal(sumOf(header), 6), 148);
    parts.push(header, data, Buffer.alloc(padded(data.length) - data.length));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function sumOf(header: Buffer): number {
  return header.reduce((sum, byte) => sum + byte, 0);
}

/** What is in one; undefined where not all of it is plain. */
function unpackPlain(tar: Buffer): readonly Entry[] | undefined {
  const entries: Entry[] = [];
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, to: number) => tar.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const number = (from: number, to: number) => Number.parseInt(text(from, to).trim(), 8);
    const [type, size] = [text(156, 157), number(124, 136)];
    const path = text(0, 100)
      .replace(/^(\.?\/)+/, '')
      .replace(/\/+$/, '');
    const isPlain = (type === '0' || type === '5') && text(345, 500) === '' && /^[ -~]{1,99}$/.test(path);
    if (!isPlain || path.includes('..') || !Number.isSafeInteger(size)) return undefined;
    const mtime = number(136, 148);
    entries.push({
      ...{ path, type: type === '5' ? 'directory' : 'file', mode: number(100, 108), uid: number(108, 116) },
      ...{ gid: number(116, 124), ...(mtime > 0 && { mtime: new Date(mtime * 1_000) }) },
      data: Buffer.from(tar.subarray(at + block, at + block + size)),
    });
    at += block + padded(size);
  }
  return entries;
}

/** Unpacks as the Engine does: what is there is replaced, and folders that are missing are made. */
export async function unpackAt(path: string, tar: Buffer, put: (at: string, file: Omit<Entry, 'path'>) => void) {
  for (const { path: name, ...entry } of unpackPlain(tar) ?? (await unpack(tar))) put(posix.join(path, name), entry);
}

/** The tar archive of a path as the Engine makes it: all names begin with the last part of it. */
export async function packOf(path: string, all: ReadonlyMap<string, Omit<Entry, 'path'>>): Promise<Buffer> {
  const above = posix.dirname(path);
  const below = [...all].filter(([each]) => each === path || each.startsWith(path === '/' ? '/' : `${path}/`));
  const entries = below
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([each, entry]) => ({ ...entry, path: posix.relative(above, each) }));
  return packPlain(entries) ?? (await packEntries(entries));
}
